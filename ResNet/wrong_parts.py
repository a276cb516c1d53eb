"""故意写错的零件：放错位置的 ReLU、统计量样本太少的 BatchNorm。

教什么：错的写法和对的写法只差一行，而且都能跑。损失多大由 `pitfalls.py` 测量。
不教什么：对的写法（见 `resnet.py`）。
怎么跑：不单独跑，`python ResNet/pitfalls.py` 用它。
对应笔记：`4_convolution.md`、`5_resnet.md` 的“常见错误”。
"""

import torch
from torch import Tensor, nn

from ResNet.resnet import BasicBlock, relu


class ReluOnBranch(BasicBlock):
    """错：先 ReLU 再加，x + relu(F(x))。支路只能往上加，特征逐块变大，永远降不下来。"""

    def forward(self, x: Tensor) -> Tensor:
        shortcut = x if self.downsample is None else self.downsample(x)
        out = relu(self.bn1(self.conv1(x)))  # (N, C_in, H, W) -> (N, C, H/stride, W/stride)
        return shortcut + relu(self.bn2(self.conv2(out)))


class ReluMissing(BasicBlock):
    """错：加完不 ReLU，x + F(x)。从头到尾的捷径成了纯线性的一条路，输出可以是负数。"""

    def forward(self, x: Tensor) -> Tensor:
        shortcut = x if self.downsample is None else self.downsample(x)
        out = relu(self.bn1(self.conv1(x)))  # (N, C_in, H, W) -> (N, C, H/stride, W/stride)
        return shortcut + self.bn2(self.conv2(out))


class ChunkedBatchNorm(nn.BatchNorm2d):
    """训练时把一批切成每份 `chunk` 张，各用各的均值方差；eval 时与 BatchNorm2d 相同。

    一步 64 张、每份 1 张，等于 batch_size=1 加 64 步梯度累积：更新用的图一样多，只有统计量的样本变少。
    """

    chunk = 64

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return super().forward(x)
        return torch.cat([super(ChunkedBatchNorm, self).forward(part) for part in x.split(self.chunk)])


def use_chunks(model: nn.Module, chunk: int) -> None:
    """把模型里的 BatchNorm2d 都换成每份 chunk 张的版本（权重、缓冲不动）。"""
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.__class__ = ChunkedBatchNorm
            module.chunk = chunk
