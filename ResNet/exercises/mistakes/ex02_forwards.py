"""错：沿拓扑序正着走，轮到叶子时它的 grad 还是 0。"""

from ResNet.exercises.solutions import ex02_autograd as solution

HINT = "梯度没传到叶子（全是 0）：是不是正着走了？"


class Value(solution.Value):
    def backward(self):
        self.grad += 1.0
        for node in self.ancestors():
            for parent, local in zip(node.parents, node.local_grads):
                parent.grad += local * node.grad
