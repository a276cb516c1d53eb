"""错：放得下时把 bos 又接了一次。"""

from TrainAndFinetune.exercises.solutions.ex02_label_mask import build_labels, masked_loss  # noqa: F401

HINT = "多了 1 个：放得下时原样返回，别把 <bos> 接两次"
IGNORE = -100


def truncate(ids, labels, max_length):
    if 1 + sum(label != IGNORE for label in labels) > max_length:
        raise ValueError("放不下")
    keep = max_length - 1
    return ids[:1] + ids[-keep:], labels[:1] + labels[-keep:]
