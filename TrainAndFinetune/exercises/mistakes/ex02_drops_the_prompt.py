"""错：放不下就把提示全扔了。"""

from TrainAndFinetune.exercises.solutions.ex02_label_mask import build_labels, masked_loss  # noqa: F401

HINT = "裁多了"
IGNORE = -100


def truncate(ids, labels, max_length):
    answer = sum(label != IGNORE for label in labels)
    if 1 + answer > max_length:
        raise ValueError("放不下")
    if len(ids) <= max_length:
        return list(ids), list(labels)
    return [ids[0], *ids[-answer:]], [labels[0], *labels[-answer:]]
