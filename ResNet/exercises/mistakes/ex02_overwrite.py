"""错：梯度用 = 覆盖，不用 += 累加。"""

from ResNet.exercises.solutions import ex02_autograd as solution

HINT = "两份贡献相加：写 += 不写 ="


class Value(solution.Value):
    def backward(self):
        self.grad = 1.0
        for node in reversed(self.ancestors()):
            for parent, local in zip(node.parents, node.local_grads):
                parent.grad = local * node.grad
