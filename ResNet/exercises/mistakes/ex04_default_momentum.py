"""错：没给动量时也留着旧的速度。"""

from ResNet.exercises.solutions import ex04_sgd as solution

HINT = "步与步之间什么也不留"


class SGD(solution.SGD):
    def __init__(self, parameters, lr, momentum=0.9, weight_decay=0.0, nesterov=False):
        super().__init__(parameters, lr, momentum, weight_decay, nesterov)
