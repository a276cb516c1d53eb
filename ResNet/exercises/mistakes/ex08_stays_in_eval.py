"""错：没有把模式还回去。"""

import torch

from ResNet.exercises.solutions.ex08_confusion import buggy_accuracy, confusion_matrix, per_class_accuracy  # noqa: F401

HINT = "记下 model.training"


@torch.no_grad()
def accuracy(model, batches):
    model.eval()
    correct = [(model(x).argmax(dim=1) == y) for x, y in batches]
    return torch.cat(correct).float().mean().item()
