"""错：提示空了就把 bos 写两遍。"""

from TrainAndFinetune.exercises.solutions.ex02_label_mask import build_labels, masked_loss  # noqa: F401

HINT = "没有裁到"
IGNORE = -100


def truncate(ids, labels, max_length):
    if 1 + sum(label != IGNORE for label in labels) > max_length:
        raise ValueError("放不下")
    cut = min(max(0, len(ids) - max_length), 4)
    return [ids[0], *ids[1 + cut :]], [labels[0], *labels[1 + cut :]]
