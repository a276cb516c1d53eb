"""错：把 bos 也裁了。"""

from TrainAndFinetune.exercises.solutions.ex02_label_mask import build_labels, masked_loss  # noqa: F401

HINT = "<bos> 被裁掉了"
IGNORE = -100


def truncate(ids, labels, max_length):
    if 1 + sum(label != IGNORE for label in labels) > max_length:
        raise ValueError("放不下")
    return ids[-max_length:], labels[-max_length:]
