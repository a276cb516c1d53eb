"""错：清成 0 而不是 None。"""

from ResNet.exercises.solutions import ex04_sgd as solution

HINT = "grad 应当是 None"


class SGD(solution.SGD):
    def zero_grad(self):
        for p in self.parameters:
            if p.grad is not None:
                p.grad.zero_()
