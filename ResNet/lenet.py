"""LeNet-5（LeCun et al. 1998，第 II.B 节）的现代写法，输入 8x8、28x28 或 32x32。

教什么：卷积、池化交替，空间变小、通道变多，最后用线性层分类。
不教什么：原文的训练方法（随机对角 Levenberg-Marquardt）与 RBF 输出层。
怎么跑：`python ResNet/4_convolution.py`（训练它），`python ResNet/lenet.py`（打印各层形状，2 秒）。
对应笔记：`4_convolution.md`。
"""

import torch
from torch import Tensor, nn

from book import Parser, emit_result, run

# 输入边长 -> 两层 5x5 卷积各补几圈零。32 是原文的；28 补 2 圈就等于把图放进 32 的框里
PADDINGS = {8: (2, 2), 28: (2, 0), 32: (0, 0)}


class LeNet(nn.Module):
    """C1 卷积 -> S2 池化 -> C3 卷积 -> S4 池化 -> C5 卷积 -> F6 线性 -> 输出（层名照原文图 2）。

    输入 (N, in_channels, image_size, image_size)，输出 logits (N, num_classes)。32x32 时共 61,706 个参数。

    与原文不同：ReLU 代替 1.7159 tanh(2a/3)；没有参数的最大池化代替带两个参数的求和池化；
    C3 全连接代替表 I 的部分连接；线性层加交叉熵代替 RBF 输出。`classic=True` 换回 tanh 与平均池化。

    >>> LeNet(image_size=8)(torch.zeros(2, 1, 8, 8)).shape
    torch.Size([2, 10])
    """

    def __init__(
        self,
        num_classes: int = 10,
        in_channels: int = 1,
        image_size: int = 32,
        batch_norm: bool = False,
        classic: bool = False,
    ):
        super().__init__()
        if image_size not in PADDINGS:
            raise ValueError(f"image_size={image_size}：LeNet 只收边长 {sorted(PADDINGS)} 的图；先缩放到 32")
        # region layers
        pad1, pad2 = PADDINGS[image_size]
        pool, activation = (nn.AvgPool2d, nn.Tanh) if classic else (nn.MaxPool2d, nn.ReLU)
        rest = ((image_size + 2 * pad1 - 4) // 2 + 2 * pad2 - 4) // 2  # S4 之后的边长：32 与 28 是 5，8 是 2

        def conv(c_in: int, c_out: int, kernel: int, padding: int) -> list[nn.Module]:
            layers = [nn.Conv2d(c_in, c_out, kernel, padding=padding, bias=not batch_norm)]  # BN 会减掉偏置
            return [*layers, nn.BatchNorm2d(c_out), activation()] if batch_norm else [*layers, activation()]

        self.features = nn.Sequential(  # 形状以 32x32 为例
            *conv(in_channels, 6, 5, pad1),  # C1: (N, 1, 32, 32) -> (N, 6, 28, 28)
            pool(2),  # S2: -> (N, 6, 14, 14)
            *conv(6, 16, 5, pad2),  # C3: -> (N, 16, 10, 10)
            pool(2),  # S4: -> (N, 16, 5, 5)
            *conv(16, 120, rest, 0),  # C5: 核恰好盖住整张特征图，-> (N, 120, 1, 1)
        )
        self.classifier = nn.Sequential(nn.Linear(120, 84), activation(), nn.Linear(84, num_classes))  # F6、输出
        # endregion

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(self.features(x).flatten(1))  # (N, 120, 1, 1) -> (N, 120) -> (N, num_classes)


def layer_shapes(model: nn.Module, x: Tensor) -> list[tuple[str, tuple[int, ...]]]:
    """逐层的（名字，输出形状），用前向钩子量出来（钩子见笔记 2）。"""
    shapes: list[tuple[str, tuple[int, ...]]] = []

    def remember(module, inputs, output):
        shapes.append((type(module).__name__, tuple(output.shape)))

    handles = [m.register_forward_hook(remember) for m in model.modules() if not list(m.children())]
    with torch.no_grad():
        model(x)
    for handle in handles:
        handle.remove()
    return shapes


def main(argv=None) -> dict:
    Parser(__doc__).parse_args(argv)
    counts = {}
    for size in PADDINGS:
        model = LeNet(image_size=size).eval()
        counts[f"parameters_{size}"] = sum(p.numel() for p in model.parameters())
        print(f"输入 {size}x{size}：{counts[f'parameters_{size}']:,d} 个参数")
        for name, shape in layer_shapes(model, torch.zeros(1, 1, size, size)):
            print(f"  {name:10s} {shape}")
    return emit_result(counts)


if __name__ == "__main__":
    run(main)
