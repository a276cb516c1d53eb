"""错：行列反了。"""

import torch

from ResNet.exercises.solutions.ex08_confusion import accuracy, buggy_accuracy, per_class_accuracy  # noqa: F401

HINT = "行是真类，列是判成的类"


def confusion_matrix(labels, predictions, num_classes):
    return torch.bincount(predictions * num_classes + labels, minlength=num_classes**2).view(num_classes, num_classes)
