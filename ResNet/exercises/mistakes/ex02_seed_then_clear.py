"""错：先给 self.grad 加 1，再把中间节点清零，1 也没了。"""

from ResNet.exercises.solutions import ex02_autograd as solution

HINT = "先种后清零"


class Value(solution.Value):
    def backward(self):
        self.grad += 1.0
        order = self.ancestors()
        for node in order:
            node.grad = 0.0 if node.parents else node.grad
        for node in reversed(order):
            for parent, local in zip(node.parents, node.local_grads):
                parent.grad += local * node.grad
