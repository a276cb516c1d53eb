"""错：中间节点的 grad 不清零，第二次反向把上一次的又传了一遍。"""

from ResNet.exercises.solutions import ex02_autograd as solution

HINT = "有父节点的先清零"


class Value(solution.Value):
    def backward(self):
        self.grad = 1.0
        for node in reversed(self.ancestors()):
            for parent, local in zip(node.parents, node.local_grads):
                parent.grad += local * node.grad
