"""错：没有样本的类算成 0。"""

import torch

from ResNet.exercises.solutions.ex08_confusion import accuracy, buggy_accuracy, confusion_matrix  # noqa: F401

HINT = "0/0 是「不知道」"


def per_class_accuracy(matrix):
    return matrix.diagonal() / torch.clamp(matrix.sum(dim=1), min=1)
