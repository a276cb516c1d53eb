"""错：变成 Python 的数再除，0/0 抛错。"""

import torch

from ResNet.exercises.solutions.ex08_confusion import accuracy, buggy_accuracy, confusion_matrix  # noqa: F401

HINT = "没有样本的类是 0/0"


def per_class_accuracy(matrix):
    return torch.tensor([row[i] / sum(row) for i, row in enumerate(matrix.tolist())])
