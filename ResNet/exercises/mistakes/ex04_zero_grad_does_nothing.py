"""错：zero_grad 里给循环变量赋值，梯度还在。"""

from ResNet.exercises.solutions import ex04_sgd as solution

HINT = "zero_grad 没有清掉"


class SGD(solution.SGD):
    def zero_grad(self):
        for p in self.parameters:
            grad = p.grad
            grad = None  # noqa: F841
