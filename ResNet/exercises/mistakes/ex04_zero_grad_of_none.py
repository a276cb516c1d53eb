"""错：grad 还是 None 就对它 zero_。"""

from ResNet.exercises.solutions import ex04_sgd as solution

HINT = "反向之前 grad 还是 None"


class SGD(solution.SGD):
    def zero_grad(self):
        for p in self.parameters:
            p.grad.zero_()
