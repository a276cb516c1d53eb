"""错：每收到一份梯度就立刻带着累计的 grad 往下传，前一份被传了两遍。"""

from ResNet.exercises.solutions import ex02_autograd as solution

HINT = "等它们的贡献到齐了"


class Value(solution.Value):
    def backward(self):
        self.grad += 1.0
        stack = [self]
        while stack:
            node = stack.pop()
            for parent, local in zip(node.parents, node.local_grads):
                parent.grad += local * node.grad
                if parent.parents:
                    stack.append(parent)
