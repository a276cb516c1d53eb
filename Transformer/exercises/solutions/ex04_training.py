"""ex04 训练 的答案。"""

from torch import Tensor


def shift(target: Tensor) -> tuple[Tensor, Tensor]:
    """目标 (B, T+1) -> 喂进去的 (B, T)、要它答的 (B, T)。"""
    return target[:, :-1], target[:, 1:]


def smoothed_loss(logits: Tensor, answer: Tensor, smoothing: float) -> Tensor:
    """真词上平均的平滑交叉熵：logits (B, T, V)、answer (B, T) -> 标量。"""
    real = answer != 0
    log_probs = logits[real].log_softmax(dim=-1)  # (B, T, V) -> (N, V)
    right = log_probs.gather(1, answer[real][:, None]).squeeze(1)  # (N, V) -> (N,)
    return -((1 - smoothing) * right + smoothing * log_probs.mean(dim=-1)).mean()


def noam(step: int, d_model: int, warmup: int) -> float:
    """论文 5.3 的学习率。"""
    return d_model**-0.5 * min(step**-0.5, step * warmup**-1.5)


def batches_by_tokens(lengths: list[int], max_tokens: int) -> list[list[int]]:
    """按长度排好，依次装满。"""
    batches: list[list[int]] = []
    for i in sorted(range(len(lengths)), key=lambda i: lengths[i]):
        if batches and (len(batches[-1]) + 1) * lengths[i] <= max_tokens:  # 排过序，新来的最长
            batches[-1].append(i)
        else:
            batches.append([i])
    return batches
