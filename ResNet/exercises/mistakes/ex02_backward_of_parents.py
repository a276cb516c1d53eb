"""错：让父节点也调 backward，每一层都种了一个 1。"""

from ResNet.exercises.solutions import ex02_autograd as solution

HINT = "1 只种在 self 上"


class Value(solution.Value):
    def backward(self):
        self.grad += 1.0
        for parent, local in zip(self.parents, self.local_grads):
            parent.grad += local * self.grad
            parent.backward()
