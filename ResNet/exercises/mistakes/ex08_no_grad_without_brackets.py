"""错：with torch.no_grad 少了括号。"""

import torch

from ResNet.exercises.solutions import ex08_confusion as solution
from ResNet.exercises.solutions.ex08_confusion import buggy_accuracy, confusion_matrix, per_class_accuracy  # noqa: F401

HINT = "with torch.no_grad(): 的括号不能少"


def accuracy(model, batches):
    with torch.no_grad:
        return solution.accuracy(model, batches)
