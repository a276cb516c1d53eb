"""错：裁了离答案最近的提示。"""

from TrainAndFinetune.exercises.solutions.ex02_label_mask import build_labels, masked_loss  # noqa: F401

HINT = "裁的是离答案最近的"
IGNORE = -100


def truncate(ids, labels, max_length):
    answer = sum(label != IGNORE for label in labels)
    if 1 + answer > max_length:
        raise ValueError("放不下")
    if len(ids) <= max_length:
        return list(ids), list(labels)
    keep, start = max_length - answer, len(ids) - answer
    return ids[:keep] + ids[start:], labels[:keep] + labels[start:]
