"""ex02 自动求导：补全一个标量引擎，让它和 torch 算出同样的梯度。

级别：补全。先读：`1_tensors.md`。
检查：`pytest ResNet/exercises/check_ex02.py`
"""


class Value:
    """一个数，和它在计算图里的位置。

    parents      算出它的那些节点；叶子没有
    local_grads  它对每个父节点的局部导数，与 parents 一一对应
    grad         ∂(最后的结果)/∂(这个数)，由 backward 填

    加法写好了，照着它写乘法：前向把结果算出来，顺手把局部导数记下。

    >>> a, b = Value(2.0), Value(-3.0)
    >>> y = a * b + a
    >>> y.backward()
    >>> y.data, a.grad, b.grad  # ∂y/∂a = b + 1，∂y/∂b = a
    (-4.0, -2.0, 2.0)
    """

    def __init__(self, data: float, parents: tuple = (), local_grads: tuple = ()):
        self.data, self.grad = float(data), 0.0
        self.parents, self.local_grads = parents, local_grads

    def __add__(self, other: "Value") -> "Value":
        return Value(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other: "Value") -> "Value":
        """∂(ab)/∂a 与 ∂(ab)/∂b 各是什么？

        >>> (Value(3.0) * Value(5.0)).local_grads
        (5.0, 3.0)
        """
        raise NotImplementedError

    def tanh(self) -> "Value":
        """y = tanh(x)，dy/dx = 1 - y²。`math.tanh` 可以用。

        >>> Value(0.0).tanh().local_grads
        (1.0,)
        """
        raise NotImplementedError

    def ancestors(self) -> list["Value"]:
        """拓扑序：图上每个节点恰好一次，都排在自己的父节点之后，self 在最后。

        图可以有几万层深，Python 的递归只有一千层：用自己的栈（list 的 append 与 pop）。

        >>> a = Value(1.0)
        >>> b = a + a
        >>> [node.data for node in (b + a).ancestors()]
        [1.0, 2.0, 3.0]
        """
        raise NotImplementedError

    def backward(self) -> None:
        """把 ∂self/∂x 填进图上每个节点 x 的 grad。

        1. 中间节点（有父节点的）的 grad 清零；叶子的不清：两次 backward 的叶子梯度相加，与 torch 相同。
        2. self.grad 加 1：∂self/∂self。
        3. 沿拓扑序倒着走，每个节点把 grad 乘上局部导数，交给它的父节点。

        >>> a = Value(3.0)
        >>> (a + a).backward()  # 同一个数用了两次：两份贡献相加
        >>> a.grad
        2.0
        """
        raise NotImplementedError
