"""错：bincount 没有写 minlength，最后几格没有样本时大小就不对。"""

import torch

from ResNet.exercises.solutions.ex08_confusion import accuracy, buggy_accuracy, per_class_accuracy  # noqa: F401

HINT = "bincount 只数到出现过的最大一格"


def confusion_matrix(labels, predictions, num_classes):
    return torch.bincount(labels * num_classes + predictions).view(num_classes, num_classes)
