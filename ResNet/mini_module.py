"""三十来行的 nn.Module：`__setattr__` 按类型登记参数与子模块，别的功能都从登记表里来。

教什么：参数怎样被找到、state_dict 的键从哪来、train() 怎样传下去、列表里的参数为什么丢。
不教什么：钩子、设备与格式的转换、load_state_dict 的检查（nn.Module 都有，登记的办法相同）。
对应笔记：`2_module.md` 的「代码走读」；与 nn.Module 的比较见 `tests/test_resnet_basics.py`。
"""

from torch import nn


class MiniModule:
    """nn.Module 的骨架：给属性赋值时按类型登记，于是参数能被找到、存盘、切换模式。

    >>> import torch
    >>> class Net(MiniModule):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.scale = nn.Parameter(torch.ones(2))
    ...     def forward(self, x):
    ...         return self.scale * x
    >>> [name for name, _ in Net().named_parameters()], Net()(3.0).tolist()
    (['scale'], [3.0, 3.0])
    """

    def __init__(self):
        self.__dict__.update(_parameters={}, _buffers={}, _modules={}, training=True)

    def __setattr__(self, name, value):
        if isinstance(value, nn.Parameter):
            self._parameters[name] = value
        elif isinstance(value, MiniModule):
            self._modules[name] = value
        else:  # 列表也走这里：里面的参数从此没人看见
            super().__setattr__(name, value)

    def __getattr__(self, name):  # 只在普通查找失败后才被调用
        for table in ("_parameters", "_buffers", "_modules"):
            if name in self.__dict__.get(table, {}):
                return self.__dict__[table][name]
        raise AttributeError(f"{type(self).__name__} 没有属性 {name}；先调用 super().__init__() 了吗？")

    def register_buffer(self, name, tensor):
        self._buffers[name] = tensor

    def named_parameters(self, prefix=""):
        yield from ((prefix + name, p) for name, p in self._parameters.items())
        for name, child in self._modules.items():
            yield from child.named_parameters(f"{prefix}{name}.")

    def state_dict(self, prefix=""):
        state = {prefix + name: t.detach() for name, t in (self._parameters | self._buffers).items()}
        for name, child in self._modules.items():
            state |= child.state_dict(f"{prefix}{name}.")
        return state

    def train(self, mode=True):
        self.training = mode
        for child in self._modules.values():
            child.train(mode)
        return self

    def __call__(self, *args):
        return self.forward(*args)
