"""部署用的模型：BatchNorm 折进卷积，再把加法与 ReLU 也并进卷积，一个残差块只剩两三次算子调用。

教什么：推理时 BatchNorm 是一次固定的缩放平移，可以在装载时就算进卷积的权重里；加法与 ReLU 单独做，
        要把整张特征图再从内存读写一遍，卷积写出结果之前顺手做掉就省了。
不教什么：折叠的公式（`layers.py` 的 fold_bn）、量化、导出到别的运行时。
怎么跑：被 `bench.py` 使用；`python ResNet/fuse.py` 打印折叠、融合前后的输出差（3 秒）。
对应笔记：`4_convolution.md`（折叠）、`5_resnet.md`（速度）。
"""

import copy

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from book import Parser, emit_result, run
from ResNet.layers import fold_bn
from ResNet.resnet import BasicBlock, Bottleneck, resnet18


def fold_model(model: nn.Module) -> nn.Module:
    """返回一个 eval 模式的副本：每个紧跟在卷积后面的 BatchNorm 折进卷积，原位留一个 Identity。

    依赖两层在父模块里前后相邻地注册（本书与 torchvision 的 ResNet 都是）；原模型不变。

    >>> model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))
    >>> [type(m).__name__ for m in fold_model(model)]
    ['Conv2d', 'Identity']
    """
    model = copy.deepcopy(model).eval()
    for parent in list(model.modules()):
        children = list(parent.named_children())
        for (conv_name, conv), (bn_name, bn) in zip(children, children[1:]):
            if isinstance(conv, nn.Conv2d) and isinstance(bn, nn.BatchNorm2d):
                setattr(parent, conv_name, fold_bn(conv, bn))
                setattr(parent, bn_name, nn.Identity())
    return model


class FusedConv(nn.Module):
    """卷积、加捷径、ReLU 一次做完：relu(conv(x) + shortcut)。

    用 oneDNN 的融合算子 `mkldnn::_convolution_pointwise`（torch.compile 在 CPU 上生成的也是它）。它不是公开接口：
    没有它的机器（GPU、macOS）退回三次普通调用，结果相同，只是不快。
    """

    def __init__(self, conv: nn.Conv2d):
        super().__init__()
        self.conv = conv

    def forward(self, x: Tensor, shortcut: Tensor | None = None) -> Tensor:
        if x.device.type != "cpu" or not FUSED_OPERATOR:
            out = self.conv(x)
            return F.relu(out if shortcut is None else out + shortcut)
        conv = self.conv
        layer = (conv.weight, conv.bias, conv.padding, conv.stride, conv.dilation, conv.groups)
        if shortcut is None:
            return torch.ops.mkldnn._convolution_pointwise(x, *layer, "relu", [], "")
        return torch.ops.mkldnn._convolution_pointwise.binary(x, shortcut, *layer, "add", 1.0, "relu", [], "")


FUSED_OPERATOR = torch.backends.mkldnn.is_available() and hasattr(torch.ops.mkldnn, "_convolution_pointwise")


class FusedBlock(nn.Module):
    """BasicBlock 或 Bottleneck 的部署版；输入输出的形状不变，BatchNorm 已经折掉。"""

    def __init__(self, block: BasicBlock | Bottleneck):
        super().__init__()
        convs = [layer for name, layer in block.named_children() if name.startswith("conv")]
        self.body = nn.Sequential(*(FusedConv(conv) for conv in convs[:-1]))
        self.last = FusedConv(convs[-1])
        self.downsample = block.downsample

    def forward(self, x: Tensor) -> Tensor:
        shortcut = x if self.downsample is None else self.downsample(x)
        return self.last(self.body(x), shortcut)


def fuse_model(model: nn.Module) -> nn.Module:
    """返回部署用的副本：折掉 BatchNorm，残差块换成 FusedBlock。只能推理。"""
    model = fold_model(model)
    for parent in list(model.modules()):
        for name, block in list(parent.named_children()):
            if type(block) in (BasicBlock, Bottleneck):  # PlainBlock 没有捷径，不换
                setattr(parent, name, FusedBlock(block))
    return model


def count_layers(model: nn.Module, kind: type) -> int:
    """model 里有几个 kind 类型的层。"""
    return sum(isinstance(module, kind) for module in model.modules())


def main(argv=None) -> dict:
    Parser(__doc__).parse_args(argv)
    torch.manual_seed(0)
    model = resnet18(num_classes=10)
    model(torch.randn(8, 3, 64, 64))  # 训练模式走一次，让滑动统计量离开初始的 0 与 1
    folded, fused, x = fold_model(model), fuse_model(model), torch.randn(4, 3, 64, 64)
    with torch.inference_mode():
        expected = model.eval()(x)
        errors = [((m(x) - expected).norm() / expected.norm()).item() for m in (folded, fused)]
    print(f"BatchNorm 从 {count_layers(model, nn.BatchNorm2d)} 个变成 {count_layers(fused, nn.BatchNorm2d)} 个")
    print(f"输出的相对误差：折叠 {errors[0]:.1e}，折叠并融合 {errors[1]:.1e}")
    return emit_result({"folded_error": errors[0], "fused_error": errors[1]})


if __name__ == "__main__":
    run(main)
