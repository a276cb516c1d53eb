"""错：就地裁。"""

from TrainAndFinetune.exercises.solutions.ex02_label_mask import build_labels, masked_loss  # noqa: F401

HINT = "改动了传进来的列表"
IGNORE = -100


def truncate(ids, labels, max_length):
    if 1 + sum(label != IGNORE for label in labels) > max_length:
        raise ValueError("放不下")
    cut = max(0, len(ids) - max_length)
    del ids[1 : 1 + cut], labels[1 : 1 + cut]
    return ids, labels
