"""错：每次反向把叶子的 grad 也清零了。"""

from ResNet.exercises.solutions import ex02_autograd as solution

HINT = "叶子的梯度跨次累加"


class Value(solution.Value):
    def backward(self):
        for node in self.ancestors():
            node.grad = 0.0
        super().backward()
