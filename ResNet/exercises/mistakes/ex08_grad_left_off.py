"""错：关了求导，没有再打开。"""

import torch

from ResNet.exercises.solutions import ex08_confusion as solution
from ResNet.exercises.solutions.ex08_confusion import buggy_accuracy, confusion_matrix, per_class_accuracy  # noqa: F401

HINT = "算完之后求导还关着"


def accuracy(model, batches):
    torch.set_grad_enabled(False)
    return solution.accuracy(model, batches)
