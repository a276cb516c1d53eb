"""错：答案刚好放得下也拒绝。"""

from TrainAndFinetune.exercises.solutions.ex02_label_mask import build_labels, masked_loss  # noqa: F401

HINT = "刚好 2 个就放得下，不该拒绝"
IGNORE = -100


def truncate(ids, labels, max_length):
    if 1 + sum(label != IGNORE for label in labels) >= max_length:
        raise ValueError("放不下")
    cut = max(0, len(ids) - max_length)
    return [ids[0], *ids[1 + cut :]], [labels[0], *labels[1 + cut :]]
