"""错：整除，比例都成了 0。"""

from ResNet.exercises.solutions.ex08_confusion import accuracy, buggy_accuracy, confusion_matrix  # noqa: F401

HINT = "整除（//）把比例都变成了 0"


def per_class_accuracy(matrix):
    return matrix.diagonal() // matrix.sum(dim=1).clamp(min=1)
