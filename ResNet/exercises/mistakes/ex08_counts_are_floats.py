"""错：torch.zeros 不写 dtype，个数成了小数。"""

import torch

from ResNet.exercises.solutions.ex08_confusion import accuracy, buggy_accuracy, per_class_accuracy  # noqa: F401

HINT = "写 dtype=torch.int64"


def confusion_matrix(labels, predictions, num_classes):
    matrix = torch.zeros(num_classes, num_classes)
    for i, j in zip(labels, predictions):
        matrix[i, j] += 1
    return matrix
