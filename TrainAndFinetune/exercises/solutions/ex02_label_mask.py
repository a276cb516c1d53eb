"""ex02 的答案。"""

from torch import Tensor
from torch.nn.functional import cross_entropy

IGNORE = -100


def build_labels(segments: list[tuple[list[int], bool]]) -> tuple[list[int], list[int]]:
    ids, labels = [], []
    for tokens, is_answer in segments:
        ids += tokens
        labels += tokens if is_answer else [IGNORE] * len(tokens)
    return ids, labels


def truncate(ids: list[int], labels: list[int], max_length: int) -> tuple[list[int], list[int]]:
    answer = sum(label != IGNORE for label in labels)
    if 1 + answer > max_length:
        raise ValueError(f"答案有 {answer} 个词元，放不进 {max_length} 个")
    cut = max(0, len(ids) - max_length)
    return [ids[0], *ids[1 + cut :]], [labels[0], *labels[1 + cut :]]


def masked_loss(logits: Tensor, labels: Tensor) -> Tensor:
    targets = labels[:, 1:].flatten()  # (B, T) -> (B (T-1))
    return cross_entropy(logits[:, :-1].flatten(0, 1), targets, ignore_index=IGNORE)
