"""错：分母留了 keepdim，(K,) 与 (K, 1) 广播成了方阵。"""

from ResNet.exercises.solutions.ex08_confusion import accuracy, buggy_accuracy, confusion_matrix  # noqa: F401

HINT = "会广播成 (K, K)"


def per_class_accuracy(matrix):
    return matrix.diagonal() / matrix.sum(dim=1, keepdim=True)
