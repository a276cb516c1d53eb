"""错：除以全部样本的个数。"""

from ResNet.exercises.solutions.ex08_confusion import accuracy, buggy_accuracy, confusion_matrix  # noqa: F401

HINT = "除的是全部样本的个数"


def per_class_accuracy(matrix):
    return matrix.diagonal() / matrix.sum()
