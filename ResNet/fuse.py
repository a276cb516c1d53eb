"""部署用的模型：BatchNorm 折进卷积，剩下的前向只有卷积、加法、ReLU。

教什么：推理时 BatchNorm 是一次固定的缩放平移，可以在装载时就算进卷积的权重里。
不教什么：折叠的公式（`layers.py` 的 fold_bn）、量化、导出到别的运行时。
怎么跑：被 `bench.py` 使用；`python ResNet/fuse.py` 打印折叠前后的输出差与层数（3 秒）。
对应笔记：`4_convolution.md`（折叠）、`5_resnet.md`（速度）。
"""

import copy

import torch
from torch import nn

from book import Parser, emit_result, run
from ResNet.layers import fold_bn
from ResNet.resnet import resnet18


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


def count_layers(model: nn.Module, kind: type) -> int:
    """model 里有几个 kind 类型的层。"""
    return sum(isinstance(module, kind) for module in model.modules())


def main(argv=None) -> dict:
    Parser(__doc__).parse_args(argv)
    torch.manual_seed(0)
    model = resnet18(num_classes=10)
    model(torch.randn(8, 3, 64, 64))  # 训练模式走一次，让滑动统计量离开初始的 0 与 1
    folded, x = fold_model(model), torch.randn(4, 3, 64, 64)
    with torch.inference_mode():
        expected, got = model.eval()(x), folded(x)
    error = ((got - expected).norm() / expected.norm()).item()
    print(f"BatchNorm 从 {count_layers(model, nn.BatchNorm2d)} 个变成 {count_layers(folded, nn.BatchNorm2d)} 个")
    print(f"输出的相对误差 {error:.1e}")
    return emit_result({"batchnorms": count_layers(folded, nn.BatchNorm2d), "relative_error": error})


if __name__ == "__main__":
    run(main)
