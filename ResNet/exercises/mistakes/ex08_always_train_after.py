"""错：最后一律切到训练模式。"""

import torch

from ResNet.exercises.solutions.ex08_confusion import buggy_accuracy, confusion_matrix, per_class_accuracy  # noqa: F401

HINT = "不是一律 train()"


@torch.no_grad()
def accuracy(model, batches):
    model.eval()
    correct = [(model(x).argmax(dim=1) == y) for x, y in batches]
    model.train()
    return torch.cat(correct).float().mean().item()
