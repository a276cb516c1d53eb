"""错：返回嵌套的列表，不是 Tensor。"""

from ResNet.exercises.solutions import ex08_confusion as solution
from ResNet.exercises.solutions.ex08_confusion import accuracy, buggy_accuracy, per_class_accuracy  # noqa: F401

HINT = "列表用 torch.tensor 变成 Tensor"


def confusion_matrix(labels, predictions, num_classes):
    return solution.confusion_matrix(labels, predictions, num_classes).tolist()
