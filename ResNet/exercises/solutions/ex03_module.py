"""ex03 的答案。"""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn


class Module:
    """给属性赋值时按类型登记。"""

    def __init__(self):
        self.__dict__.update(_parameters={}, _modules={}, training=True)

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, nn.Parameter):
            self._parameters[name] = value
        elif isinstance(value, Module):
            self._modules[name] = value
        super().__setattr__(name, value)

    def named_parameters(self, prefix: str = "") -> Iterator[tuple[str, nn.Parameter]]:
        for name, parameter in self._parameters.items():
            yield prefix + name, parameter
        for name, child in self._modules.items():
            yield from child.named_parameters(f"{prefix}{name}.")  # 每下一层，前缀长一段

    def train(self, mode: bool = True) -> "Module":
        self.training = mode
        for child in self._modules.values():
            child.train(mode)  # 递归：只设 child.training 到不了孙子
        return self

    def eval(self) -> "Module":
        return self.train(False)

    def __call__(self, x: Tensor) -> Tensor:
        return self.forward(x)


class Linear(Module):
    """y = x Wᵀ + b。"""

    def __init__(self, in_features: int, out_features: int):
        super().__init__()
        bound = in_features**-0.5
        self.weight = nn.Parameter(torch.empty(out_features, in_features).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.empty(out_features).uniform_(-bound, bound))

    def forward(self, x: Tensor) -> Tensor:
        return x @ self.weight.T + self.bias  # (..., in) @ (in, out) -> (..., out)


class Sequential(Module):
    """把几层首尾相接。"""

    def __init__(self, *layers: Module):
        super().__init__()
        for i, layer in enumerate(layers):
            setattr(self, str(i), layer)  # 不放进 list：list 里的模块没人登记

    def forward(self, x: Tensor) -> Tensor:
        for layer in self._modules.values():
            x = layer(x)
        return x


def count_parameters(module: Module) -> int:
    distinct = {id(p): p for _, p in module.named_parameters()}  # 同一个参数有两个名字，也只有一个 id
    return sum(p.numel() for p in distinct.values())
