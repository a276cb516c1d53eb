"""错：只传局部导数，没有乘上自己的 grad。"""

from ResNet.exercises.solutions import ex02_autograd as solution

HINT = "乘上的是自己的 grad"


class Value(solution.Value):
    def backward(self):
        self.grad += 1.0
        for node in reversed(self.ancestors()):
            for parent, local in zip(node.parents, node.local_grads):
                parent.grad += local
