"""错：数的是张量的个数。"""

from ResNet.exercises.solutions.ex03_module import Linear, Module, Sequential  # noqa: F401

HINT = "每个张量数 numel()"


def count_parameters(module):
    return len(list(module.named_parameters()))
