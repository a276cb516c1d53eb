"""错：拿 Value 去乘数，而不是 data 乘 data。"""

from ResNet.exercises.solutions import ex02_autograd as solution

HINT = "运算作用在数上，不是在 Value 上"


class Value(solution.Value):
    def __mul__(self, other):
        return Value(self.data * other, (self, other), (other.data, self.data))
