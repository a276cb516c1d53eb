"""错：∂(ab)/∂a 写成了 a 自己。"""

from ResNet.exercises.solutions import ex02_autograd as solution

HINT = "是另一个因子 b，不是 a 自己"


class Value(solution.Value):
    def __mul__(self, other):
        return Value(self.data * other.data, (self, other), (self.data, other.data))
