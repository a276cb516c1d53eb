"""错：花式下标加一，重复的格子只加一次。"""

import torch

from ResNet.exercises.solutions.ex08_confusion import accuracy, buggy_accuracy, per_class_accuracy  # noqa: F401

HINT = "对重复的格子只加一次"


def confusion_matrix(labels, predictions, num_classes):
    matrix = torch.zeros(num_classes, num_classes, dtype=torch.int64)
    matrix[labels, predictions] += 1
    return matrix
