"""ResNet（He et al. 2015, arXiv:1512.03385）：残差块、瓶颈块、ImageNet 版与 CIFAR 版。

教什么：残差块怎样把输入原样送过两层卷积；更深的网络为什么改用瓶颈块；形状变了时捷径怎么办。
不教什么：训练（见 `train.py`）、预训练权重的下载。
两个家族：
  resnet18/34/50/101/152   论文表 1，输入 224x224；state_dict 的键、顺序、形状与 torchvision 相同
  resnet20/32/44/56/110    论文 4.2 节，输入 32x32；捷径用选项 A（补零，无参数）；plain20... 去掉捷径
怎么跑：`python ResNet/resnet.py`（打印各模型的参数量，2 秒）。
对应笔记：`5_resnet.md`。
"""

from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from book import Parser, emit_result, run


def relu(x: Tensor) -> Tensor:
    """就地 ReLU：省一次整张特征图的内存分配。只用在刚算出来、别处不再要的张量上。"""
    return F.relu(x, inplace=True)


def conv3x3(in_channels: int, out_channels: int, stride: int = 1) -> nn.Conv2d:
    """3x3 卷积，补 1 圈零：stride=1 时高宽不变。后面总跟 BatchNorm，它的平移吃掉偏置，所以 bias=False。"""
    return nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)


def conv1x1(in_channels: int, out_channels: int, stride: int = 1) -> nn.Conv2d:
    """1x1 卷积：每个像素上的一次线性变换，只改通道数。"""
    return nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False)


class BasicBlock(nn.Module):
    """两层 3x3 卷积加一条捷径：y = relu(x + F(x))（论文图 2）。

    输入 (N, in_channels, H, W)，输出 (N, channels, H/stride, W/stride)。
    `downsample` 把 x 变成与 F(x) 同形；形状没变时为 None，x 原样相加。

    >>> BasicBlock(16, 16)(torch.zeros(2, 16, 8, 8)).shape
    torch.Size([2, 16, 8, 8])
    """

    expansion = 1  # 输出通道是 channels 的几倍

    def __init__(self, in_channels: int, channels: int, stride: int = 1, downsample: nn.Module | None = None):
        super().__init__()
        self.conv1 = conv3x3(in_channels, channels, stride)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = conv3x3(channels, channels)
        self.bn2 = nn.BatchNorm2d(channels)
        self.downsample = downsample

    def forward(self, x: Tensor) -> Tensor:
        shortcut = x if self.downsample is None else self.downsample(x)
        out = relu(self.bn1(self.conv1(x)))  # (N, C_in, H, W) -> (N, C, H/stride, W/stride)
        out = self.bn2(self.conv2(out))  # 这里没有 ReLU：F(x) 要能取负值，残差才能双向修正 x
        out += shortcut  # 就地加：out 是刚算出来的，省一次写内存；不能写 shortcut += out，那会改掉 x
        return relu(out)  # 先加后 ReLU    式 (5.1)

    def last_bn(self) -> nn.BatchNorm2d:
        """残差支路上最后一个 BatchNorm：它的 γ 为 0 时整块等于 relu(捷径)。"""
        return self.bn2


class Bottleneck(nn.Module):
    """1x1 降维 -> 3x3 -> 1x1 升维（论文图 5 右）：在 4 倍宽的特征上只付一次窄 3x3 的钱。

    输入 (N, in_channels, H, W)，输出 (N, 4*channels, H/stride, W/stride)。

    >>> Bottleneck(256, 64)(torch.zeros(1, 256, 8, 8)).shape
    torch.Size([1, 256, 8, 8])
    """

    expansion = 4

    def __init__(self, in_channels: int, channels: int, stride: int = 1, downsample: nn.Module | None = None):
        super().__init__()
        self.conv1 = conv1x1(in_channels, channels)
        self.bn1 = nn.BatchNorm2d(channels)
        # 与论文不同：stride 放在 3x3 上（torchvision 的 "v1.5"），放在 1x1 上会丢掉 3/4 的像素
        self.conv2 = conv3x3(channels, channels, stride)
        self.bn2 = nn.BatchNorm2d(channels)
        self.conv3 = conv1x1(channels, channels * self.expansion)
        self.bn3 = nn.BatchNorm2d(channels * self.expansion)
        self.downsample = downsample

    def forward(self, x: Tensor) -> Tensor:
        shortcut = x if self.downsample is None else self.downsample(x)
        out = relu(self.bn1(self.conv1(x)))  # (N, C_in, H, W) -> (N, C, H, W)
        out = relu(self.bn2(self.conv2(out)))  # -> (N, C, H/stride, W/stride)
        out = self.bn3(self.conv3(out))  # -> (N, 4C, H/stride, W/stride)
        out += shortcut
        return relu(out)

    def last_bn(self) -> nn.BatchNorm2d:
        """残差支路上最后一个 BatchNorm。"""
        return self.bn3


class PlainBlock(BasicBlock):
    """去掉捷径的 BasicBlock：同样的层、同样的参数，只少一次加法。退化实验的对照组（论文图 6 左）。"""

    def forward(self, x: Tensor) -> Tensor:
        out = relu(self.bn1(self.conv1(x)))
        return relu(self.bn2(self.conv2(out)))


class PadShortcut(nn.Module):
    """选项 A 的捷径（论文 3.3 节）：隔行隔列取样，缺的通道补零，没有参数。

    >>> PadShortcut(stride=2, extra_channels=16)(torch.ones(1, 16, 8, 8)).shape
    torch.Size([1, 32, 4, 4])
    """

    def __init__(self, stride: int, extra_channels: int):
        super().__init__()
        self.stride, self.extra_channels = stride, extra_channels

    def forward(self, x: Tensor) -> Tensor:
        x = x[:, :, :: self.stride, :: self.stride]  # (N, C, H, W) -> (N, C, H/stride, W/stride)
        before = self.extra_channels // 2  # F.pad 从最后一维往前数：W 左右、H 上下、C 前后
        return F.pad(x, (0, 0, 0, 0, before, self.extra_channels - before))  # -> (N, C+extra, ...)


def projection_shortcut(in_channels: int, out_channels: int, stride: int) -> nn.Module:
    """选项 B 的捷径：1x1 卷积 + BatchNorm。"""
    return nn.Sequential(conv1x1(in_channels, out_channels, stride), nn.BatchNorm2d(out_channels))


def pad_shortcut(in_channels: int, out_channels: int, stride: int) -> nn.Module:
    """选项 A 的捷径，签名与 `projection_shortcut` 相同。"""
    return PadShortcut(stride, out_channels - in_channels)


def make_stage(block, in_channels: int, channels: int, depth: int, stride: int, shortcut) -> nn.Sequential:
    """一个阶段：第一块可以降采样、变通道，其余各块形状不变。"""
    out_channels = channels * block.expansion
    changes_shape = stride != 1 or in_channels != out_channels
    downsample = shortcut(in_channels, out_channels, stride) if changes_shape and shortcut else None
    first = block(in_channels, channels, stride, downsample)
    return nn.Sequential(first, *(block(out_channels, channels) for _ in range(depth - 1)))


def init_weights(model: nn.Module, zero_init_residual: bool = False) -> None:
    """He 初始化（fan_out）；BatchNorm 的 γ=1、β=0。`zero_init_residual` 让每个残差块开始时是恒等映射。"""
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
    if zero_init_residual:
        for module in model.modules():
            if isinstance(module, (BasicBlock, Bottleneck)):
                nn.init.zeros_(module.last_bn().weight)


class ResNet(nn.Module):
    """ImageNet 版（论文表 1）：7x7 卷积 -> 池化 -> 4 个阶段 -> 全局平均 -> 线性。

    输入 (N, in_channels, 224, 224)，输出 logits (N, num_classes)。高宽只要 >= 32 都能算。
    """

    def __init__(self, block, depths, num_classes: int = 1000, in_channels: int = 3, zero_init_residual: bool = False):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, 64, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        wide = 64 * block.expansion
        self.layer1 = make_stage(block, 64, 64, depths[0], 1, projection_shortcut)
        self.layer2 = make_stage(block, wide, 128, depths[1], 2, projection_shortcut)
        self.layer3 = make_stage(block, 2 * wide, 256, depths[2], 2, projection_shortcut)
        self.layer4 = make_stage(block, 4 * wide, 512, depths[3], 2, projection_shortcut)
        self.fc = nn.Linear(8 * wide, num_classes)
        init_weights(self, zero_init_residual)

    def forward(self, x: Tensor) -> Tensor:
        x = self.maxpool(relu(self.bn1(self.conv1(x))))  # (N, 3, 224, 224) -> (N, 64, 56, 56)
        x = self.layer2(self.layer1(x))  # -> (N, 128e, 28, 28)，e = block.expansion
        x = self.layer4(self.layer3(x))  # -> (N, 512e, 7, 7)
        x = x.mean(dim=(2, 3))  # 全局平均池化：(N, 512e, 7, 7) -> (N, 512e)
        return self.fc(x)


class CifarResNet(nn.Module):
    """CIFAR 版（论文 4.2 节）：3x3 卷积 -> 3 个阶段（16/32/64 通道）-> 全局平均 -> 线性。

    深度 6n+2：每阶段 n 块、每块 2 层，加首尾两层。输入 (N, in_channels, 32, 32)，输出 (N, num_classes)。
    """

    def __init__(self, block, n: int, num_classes: int = 10, in_channels: int = 3, zero_init_residual: bool = False):
        super().__init__()
        shortcut = None if block is PlainBlock else pad_shortcut
        self.conv1 = conv3x3(in_channels, 16)
        self.bn1 = nn.BatchNorm2d(16)
        self.layer1 = make_stage(block, 16, 16, n, 1, shortcut)
        self.layer2 = make_stage(block, 16, 32, n, 2, shortcut)
        self.layer3 = make_stage(block, 32, 64, n, 2, shortcut)
        self.fc = nn.Linear(64, num_classes)
        init_weights(self, zero_init_residual)

    def forward(self, x: Tensor) -> Tensor:
        x = relu(self.bn1(self.conv1(x)))  # (N, 3, 32, 32) -> (N, 16, 32, 32)
        x = self.layer3(self.layer2(self.layer1(x)))  # -> (N, 64, 8, 8)
        return self.fc(x.mean(dim=(2, 3)))  # -> (N, 64) -> (N, num_classes)


resnet18 = partial(ResNet, BasicBlock, (2, 2, 2, 2))
resnet34 = partial(ResNet, BasicBlock, (3, 4, 6, 3))
resnet50 = partial(ResNet, Bottleneck, (3, 4, 6, 3))
resnet101 = partial(ResNet, Bottleneck, (3, 4, 23, 3))
resnet152 = partial(ResNet, Bottleneck, (3, 8, 36, 3))

resnet20, plain20 = partial(CifarResNet, BasicBlock, 3), partial(CifarResNet, PlainBlock, 3)
resnet32, plain32 = partial(CifarResNet, BasicBlock, 5), partial(CifarResNet, PlainBlock, 5)
resnet44, plain44 = partial(CifarResNet, BasicBlock, 7), partial(CifarResNet, PlainBlock, 7)
resnet56, plain56 = partial(CifarResNet, BasicBlock, 9), partial(CifarResNet, PlainBlock, 9)
resnet110, plain110 = partial(CifarResNet, BasicBlock, 18), partial(CifarResNet, PlainBlock, 18)

MODELS = {
    name: value
    for name, value in globals().items()
    if isinstance(value, partial) and name.startswith(("resnet", "plain"))
}


def count_parameters(model: nn.Module) -> int:
    """可训练参数的个数。"""
    return sum(p.numel() for p in model.parameters() if p.requires_grad)


def main(argv=None) -> dict:
    Parser(__doc__).parse_args(argv)
    counts = {}
    for name, build in MODELS.items():
        with torch.device("meta"):  # 只建形状，不分配内存：resnet152 也只要几十毫秒
            counts[name] = count_parameters(build())
        print(f"{name:10s} {counts[name]:>12,d}")
    return emit_result(counts)


if __name__ == "__main__":
    run(main)
