"""错：没有关掉求导。"""

import torch

from ResNet.exercises.solutions.ex08_confusion import buggy_accuracy, confusion_matrix, per_class_accuracy  # noqa: F401

HINT = "还在建计算图"


def accuracy(model, batches):
    was_training = model.training
    model.eval()
    correct = [(model(x).argmax(dim=1) == y) for x, y in batches]
    model.train(was_training)
    return torch.cat(correct).float().mean().item()
