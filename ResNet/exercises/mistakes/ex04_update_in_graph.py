"""错：更新没有写在 torch.no_grad() 里面。"""

from ResNet.exercises.solutions import ex04_sgd as solution

HINT = "更新本身不该进计算图"


class SGD(solution.SGD):
    def step(self):
        for i, p in enumerate(self.parameters):
            if p.grad is not None:
                p -= self.lr * self.direction(i, p.grad + self.weight_decay * p)
