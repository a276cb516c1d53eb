"""错：nesterov=True 时仍然只用 v。"""

from ResNet.exercises.solutions import ex04_sgd as solution

HINT = "Nesterov 的方向是 g + μ v"


class SGD(solution.SGD):
    def __init__(self, parameters, lr, momentum=0.0, weight_decay=0.0, nesterov=False):
        super().__init__(parameters, lr, momentum, weight_decay, nesterov=False)
