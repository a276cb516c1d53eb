"""ex07 残差块：两层卷积加一条捷径；形状变了，捷径也要变。

级别：补全 + 扩展。先读：`5_resnet.md`。
检查：`pytest ResNet/exercises/check_ex07.py`
"""

from torch import Tensor, nn


class ResidualBlock(nn.Module):
    """补全：y = ReLU(F(x) + 捷径(x))，F 是 卷积 -> BN -> ReLU -> 卷积 -> BN。

    输入 (N, in_channels, H, W)，输出 (N, channels, H/stride, W/stride)。
    两个卷积都是 3x3、padding=1、不带偏置（后面的 BN 自己有 β）；stride 只给第一个。
    属性名与 torchvision 相同：conv1、bn1、conv2、bn2、downsample（都是 torch.nn 的层）。

    捷径：输出与输入同形时 downsample 是 None，x 原样相加，没有参数；
    否则（步幅不是 1，或者通道数变了）是 Sequential(1x1 卷积，步幅相同、不带偏置，再接 BN)。

    >>> import torch
    >>> ResidualBlock(16, 16)(torch.zeros(2, 16, 8, 8)).shape
    torch.Size([2, 16, 8, 8])
    >>> ResidualBlock(16, 32, stride=2)(torch.zeros(2, 16, 8, 8)).shape
    torch.Size([2, 32, 4, 4])
    """

    def __init__(self, in_channels: int, channels: int, stride: int = 1):
        super().__init__()
        raise NotImplementedError

    def forward(self, x: Tensor) -> Tensor:
        raise NotImplementedError


def make_stage(in_channels: int, channels: int, blocks: int, stride: int) -> nn.Sequential:
    """扩展：一个阶段，blocks 个残差块首尾相接。只有第一块变通道、走 stride 步；其余形状不变。

    >>> import torch
    >>> stage = make_stage(16, 32, blocks=3, stride=2)
    >>> stage(torch.zeros(1, 16, 8, 8)).shape, [block.downsample is None for block in stage]
    (torch.Size([1, 32, 4, 4]), [False, True, True])
    """
    raise NotImplementedError
