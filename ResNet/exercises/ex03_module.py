"""ex03 模块：自己写一个小 Module，让参数能被找到、模式能传下去；再用它写 Linear 与 Sequential。

级别：补全。先读：`2_module.md`。
检查：`pytest ResNet/exercises/check_ex03.py`
"""

from collections.abc import Iterator
from typing import Any

from torch import Tensor, nn


class Module:
    """给属性赋值时按类型登记：nn.Parameter 进 _parameters，Module 进 _modules；别的不登记。

    >>> import torch
    >>> class Scale(Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.factor = nn.Parameter(torch.ones(2))
    ...         self.note = "普通属性"
    >>> [name for name, _ in Scale().named_parameters()]
    ['factor']
    """

    def __init__(self):
        # 直接写进 __dict__：这三样本身不经过下面的 __setattr__
        self.__dict__.update(_parameters={}, _modules={}, training=True)

    def __setattr__(self, name: str, value: Any) -> None:
        """登记之后，照常存成属性：`super().__setattr__(name, value)`，于是 self.name 仍然读得到。

        同一个名字再赋值，登记的也换成新的（微调时常写 `net.head = Linear(64, 2)`）。
        """
        raise NotImplementedError

    def named_parameters(self, prefix: str = "") -> Iterator[tuple[str, nn.Parameter]]:
        """逐个给出 (名字, 参数)：先自己的，再按登记的次序进每个子模块；子模块的名字用点连起来。

        一个 Module 的属性 body 是 Linear，它的参数名就是 body.weight 与 body.bias。
        prefix 是「到我这里为止」的名字，例如 "body."；递归时把它接着传下去。
        """
        raise NotImplementedError

    def train(self, mode: bool = True) -> "Module":
        """把自己和所有后代的 training 设成 mode，返回 self（于是能写 net = Net().eval()）。"""
        raise NotImplementedError

    def eval(self) -> "Module":
        return self.train(False)

    def __call__(self, x: Tensor) -> Tensor:
        return self.forward(x)


class Linear(Module):
    """y = x Wᵀ + b。x (..., in_features)，weight (out_features, in_features)，bias (out_features,)。

    两者的初值都取自均匀分布 U(-1/√in_features, 1/√in_features)，与 nn.Linear 相同。

    >>> import torch
    >>> layer = Linear(3, 2)
    >>> [(name, tuple(p.shape)) for name, p in layer.named_parameters()]
    [('weight', (2, 3)), ('bias', (2,))]
    >>> layer(torch.ones(5, 3)).shape
    torch.Size([5, 2])
    """

    def __init__(self, in_features: int, out_features: int):
        super().__init__()
        raise NotImplementedError

    def forward(self, x: Tensor) -> Tensor:
        raise NotImplementedError


class Sequential(Module):
    """把几层首尾相接：第 i 层登记的名字是 "0"、"1"……（`setattr(self, str(i), layer)`）。

    >>> net = Sequential(Linear(3, 4), Linear(4, 2))
    >>> [name for name, _ in net.named_parameters()]
    ['0.weight', '0.bias', '1.weight', '1.bias']
    """

    def __init__(self, *layers: Module):
        super().__init__()
        raise NotImplementedError

    def forward(self, x: Tensor) -> Tensor:
        raise NotImplementedError


def count_parameters(module: Module) -> int:
    """参数里一共有多少个数。两层共用同一个参数时只数一次（是不是同一个看 `id(p)`）。

    >>> count_parameters(Linear(3, 2))  # 2·3 + 2
    8
    """
    raise NotImplementedError
