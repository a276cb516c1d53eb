"""60 行的标量自动求导：每个数记住自己由谁算来、局部导数是多少，反向时沿图相乘再相加。

教什么：计算图、链式法则、拓扑序、为什么梯度要累加、为什么用栈不用递归。
不教什么：张量（torch 的节点是整块张量，原理相同）、高阶导数、内存的释放。
怎么跑：`python ResNet/1_tensors.py`（与 torch 逐个比较，3 秒）；对应笔记：`1_tensors.md` 的「代码走读」。
与 torch 不同：定义域之外（除以 0、负数开方、exp 溢出）这里抛 Python 的异常，torch 给 inf 或 nan。
"""

import math
import random


# region engine
class Value:
    """计算图的一个节点：一个数、它的梯度、算出它的父节点，以及它对每个父节点的局部导数。

    >>> a, b = Value(2.0), Value(-3.0)
    >>> y = a * b + a          # a 用了两次：两条路的贡献相加
    >>> y.backward()
    >>> y.data, a.grad, b.grad  # ∂y/∂a = b + 1，∂y/∂b = a
    (-4.0, -2.0, 2.0)
    """

    def __init__(self, data, parents=(), local_grads=()):
        self.data, self.grad = float(data), 0.0
        self.parents, self.local_grads = parents, local_grads  # 叶子节点没有父节点

    def __repr__(self):
        return f"Value(data={self.data:.6g}, grad={self.grad:.6g})"

    def __add__(self, other):
        other = as_value(other)
        return Value(self.data + other.data, (self, other), (1.0, 1.0))

    def __sub__(self, other):
        other = as_value(other)
        return Value(self.data - other.data, (self, other), (1.0, -1.0))

    def __mul__(self, other):
        other = as_value(other)
        return Value(self.data * other.data, (self, other), (other.data, self.data))

    def __truediv__(self, other):
        other = as_value(other)
        quotient = self.data / other.data
        return Value(quotient, (self, other), (1.0 / other.data, -quotient / other.data))

    def __pow__(self, exponent: float):  # 指数是常数，不是节点
        slope = exponent * self.data ** (exponent - 1) if exponent else 0.0
        return Value(self.data**exponent, (self,), (slope,))

    def exp(self):
        y = math.exp(self.data)
        return Value(y, (self,), (y,))

    def tanh(self):
        y = math.tanh(self.data)
        return Value(y, (self,), (1.0 - y * y,))

    def relu(self):
        y, slope = (0.0, 0.0) if self.data <= 0 else (self.data, 1.0)  # 0 处取 0，与 torch 相同
        return Value(y, (self,), (slope,))

    def __neg__(self):
        return self * -1.0

    def __rsub__(self, other):  # 3 - a
        return as_value(other) - self

    def __rtruediv__(self, other):  # 1 / a
        return as_value(other) / self

    __radd__, __rmul__ = __add__, __mul__  # 3 + a、3 * a：加与乘可以交换

    def ancestors(self) -> list:
        """拓扑序：每个节点都排在它的父节点之后，自己在最后。用栈不用递归：图深十万层也不爆。"""
        order, seen, stack = [], set(), [(self, False)]
        while stack:
            node, parents_done = stack.pop()
            if parents_done:
                order.append(node)
            elif node not in seen:
                seen.add(node)
                stack.append((node, True))  # 压在父节点下面：父节点全弹完才轮到它
                stack.extend((parent, False) for parent in node.parents)
        return order

    def backward(self) -> None:
        """把 ∂self/∂x 加进图上每个 x 的 grad。叶子的 grad 跨次累加（与 torch 相同），中间节点每次清零。"""
        order = self.ancestors()
        for node in order:
            node.grad = 0.0 if node.parents else node.grad
        self.grad += 1.0  # ∂self/∂self
        for node in reversed(order):  # 反着走：轮到一个节点时，用到它的节点都已算完
            for parent, local in zip(node.parents, node.local_grads):
                parent.grad += local * node.grad  # 链式法则；+= 因为同一个数可能走多条路    式 (1.3)


def as_value(x) -> Value:
    """数变成叶子节点，节点原样返回。"""
    return x if isinstance(x, Value) else Value(x)


# endregion


def central_difference(function, inputs: list[float], h: float = 1e-6) -> list[float]:
    """中心差分 (f(x+h) - f(x-h)) / 2h，逐个输入扰动：与自动求导无关的第二种算法，用来查它。

    >>> [round(g, 6) for g in central_difference(lambda x: x[0] ** 2 * x[1], [3.0, 2.0])]
    [12.0, 9.0]
    """
    gradient = []
    for i, x in enumerate(inputs):
        up, down = (function([*inputs[:i], x + step, *inputs[i + 1 :]]) for step in (h, -h))
        gradient.append((up - down) / (2 * h))
    return gradient


OPERATIONS = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / (b * b + 1),
    "scale": lambda a, b: 2 - 3 * a + 1 / (b * b + 0.5),
    "power": lambda a, b: a**3 - b**2,
    "exp": lambda a, b: (a.tanh() - b.tanh()).exp(),
    "tanh": lambda a, b: a.tanh(),
    "relu": lambda a, b: a.relu() - b,
}


def random_program(rng: random.Random, inputs: list[float], length: int) -> list[tuple[str, int, int]]:
    """随机的表达式图：第 t 步对前面任意两个结果做一种运算，同一个结果可以用很多次。"""
    values, program = [Value(x) for x in inputs], []
    for _ in range(length):
        # 太大的数先压回 (-1, 1)：只想比对算法，不想比对溢出
        name = "tanh" if abs(values[-1].data) > 10 else rng.choice(list(OPERATIONS))
        i = len(values) - 1 if name == "tanh" else rng.randrange(len(values))
        program.append((name, i, rng.randrange(len(values))))
        values.append(OPERATIONS[name](values[program[-1][1]], values[program[-1][2]]))
    return program


def run_program(program, inputs):
    """执行程序，返回最后一个结果。inputs 是 Value 或 0 维张量的列表：两边走同一份代码。"""
    values = list(inputs)
    for name, i, j in program:
        values.append(OPERATIONS[name](values[i], values[j]))
    return values[-1]
