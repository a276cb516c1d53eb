"""错：大小取自出现过的最大标签。"""

import torch

from ResNet.exercises.solutions.ex08_confusion import accuracy, buggy_accuracy, per_class_accuracy  # noqa: F401

HINT = "大小看 num_classes"


def confusion_matrix(labels, predictions, num_classes):
    size = int(torch.cat([labels, predictions]).max()) + 1
    return torch.bincount(labels * size + predictions, minlength=size**2).view(size, size)
