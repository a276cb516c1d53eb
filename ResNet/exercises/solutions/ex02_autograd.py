"""ex02 的答案。"""

import math


class Value:
    """一个数，和它在计算图里的位置。"""

    def __init__(self, data: float, parents: tuple = (), local_grads: tuple = ()):
        self.data, self.grad = float(data), 0.0
        self.parents, self.local_grads = parents, local_grads

    # 运算的结果用 type(self) 建：以后写 Value 的子类，结果还是那个子类

    def __add__(self, other: "Value") -> "Value":
        return type(self)(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other: "Value") -> "Value":
        return type(self)(self.data * other.data, (self, other), (other.data, self.data))  # 对 a 的导数是 b

    def tanh(self) -> "Value":
        y = math.tanh(self.data)
        return type(self)(y, (self,), (1.0 - y * y,))  # y 已经是 tanh(x)，不要再用 x

    def ancestors(self) -> list["Value"]:
        order, seen, stack = [], set(), [(self, False)]
        while stack:
            node, parents_done = stack.pop()
            if parents_done:
                order.append(node)
            elif node not in seen:
                seen.add(node)
                stack.append((node, True))  # 压在父节点下面：父节点都排好了才轮到它
                stack.extend((parent, False) for parent in node.parents)
        return order

    def backward(self) -> None:
        order = self.ancestors()
        for node in order:
            if node.parents:
                node.grad = 0.0  # 上一次 backward 留下的不该再传一遍
        self.grad += 1.0
        for node in reversed(order):
            for parent, local in zip(node.parents, node.local_grads):
                parent.grad += local * node.grad  # += ：一个数可以走多条路到达结果
