"""错：差一个就放得下也裁。"""

from TrainAndFinetune.exercises.solutions.ex02_label_mask import build_labels, masked_loss  # noqa: F401

HINT = "裁多了"
IGNORE = -100


def truncate(ids, labels, max_length):
    answer = sum(label != IGNORE for label in labels)
    if 1 + answer > max_length:
        raise ValueError("放不下")
    cut = 0 if len(ids) < max_length else len(ids) - max_length
    cut += len(ids) == max_length and len(ids) > 1 + answer
    return [ids[0], *ids[1 + cut :]], [labels[0], *labels[1 + cut :]]
