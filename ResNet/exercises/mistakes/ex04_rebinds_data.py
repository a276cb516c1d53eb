"""错：p.data = … 换掉了存储，不是就地改。"""

from ResNet.exercises.solutions import ex04_sgd as solution

HINT = "p.data = … 是换掉存储"


class SGD(solution.SGD):
    def step(self):
        for i, p in enumerate(self.parameters):
            if p.grad is not None:
                p.data = p.data - self.lr * self.direction(i, p.grad + self.weight_decay * p.data)
