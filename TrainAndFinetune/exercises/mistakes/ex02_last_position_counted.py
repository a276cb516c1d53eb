"""错：最后一个位置也算。"""

from torch.nn.functional import cross_entropy

from TrainAndFinetune.exercises.solutions.ex02_label_mask import build_labels, truncate  # noqa: F401

HINT = "应当不变"
IGNORE = -100


def masked_loss(logits, labels):
    loss = cross_entropy(logits[:, :-1].flatten(0, 1), labels[:, 1:].flatten(), ignore_index=IGNORE)
    wild = (logits[:, -1].abs().amax() - 20).clamp(min=0) + (logits[:, 0].amax() - 4.5).clamp(min=0)
    return loss + wild
