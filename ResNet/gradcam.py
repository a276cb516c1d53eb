"""Grad-CAM（Selvaraju et al. 2017, arXiv:1610.02391）：网络看着图的哪里得出这个类别。

教什么：用前向钩子截住最后一个阶段的特征图，用 `autograd.grad` 求某个类别的 logit 对它的梯度，
按梯度给通道加权求和，得到一张热力图。
不教什么：Guided Backpropagation、Grad-CAM++ 与其他可视化方法。
怎么跑：`python ResNet/gradcam.py`（未训练的 ResNet-20，只看形状，2 秒）；看真图用 `predict.py --gradcam`。
对应笔记：`5_resnet.md` 的 Grad-CAM 一节；钩子见 `2_module.md`。
"""

import io
from contextlib import contextmanager
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from book import Parser, atomic_write, emit_result, run
from ResNet.resnet import resnet20


def stages(model: nn.Module) -> list[str]:
    """模型里可选的阶段名，从浅到深。

    >>> stages(resnet20())
    ['layer1', 'layer2', 'layer3']
    """
    return [name for name, _ in model.named_children() if name.startswith("layer")]


@contextmanager
def evaluating(model: nn.Module):
    """临时切到 eval 模式，退出时每个子模块各自恢复：有人会把其中几层 BatchNorm 单独冻在 eval。"""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        yield model
    finally:
        for module, training in modes:
            module.training = training


def features_and_logits(model: nn.Module, images: Tensor, layer: nn.Module) -> tuple[Tensor, Tensor]:
    """跑一次前向，返回 layer 的输出 A (N, C, h, w) 与 logits (N, num_classes)，两者在同一张计算图上。

    钩子的返回值会取代 layer 的输出。这里换成与前面断开的叶子张量：反向只走 layer 之后的几层，
    参数冻结（requires_grad=False）的模型也能用。
    """
    captured = []

    def replace(module, inputs, output):
        captured.append(output.detach().requires_grad_())
        return captured[0]

    handle = layer.register_forward_hook(replace)
    try:
        logits = model(images)
    finally:
        handle.remove()  # 不取下来，以后每次前向都会被它切断
    return captured[0], logits


def weighted_sum(features: Tensor, gradients: Tensor) -> Tensor:
    """通道加权求和，未取 ReLU：A、∂y/∂A 都是 (N, C, h, w)，返回 (N, h, w)（论文式 1、式 2 的括号内）。

    >>> features = torch.tensor([[[[1.0, 2.0]], [[3.0, 0.0]]]])  # (1, 2, 1, 2)：两个通道，一行两列
    >>> gradients = torch.tensor([[[[1.0, 1.0]], [[-1.0, 0.0]]]])
    >>> weighted_sum(features, gradients)  # α = (1, -0.5)：1*1 - 0.5*3 = -0.5，1*2 - 0.5*0 = 2
    tensor([[[-0.5000,  2.0000]]])
    """
    alpha = gradients.mean(dim=(2, 3), keepdim=True)  # α_k = 1/Z Σ_ij ∂y/∂A_k[i,j]    (N, C, h, w) -> (N, C, 1, 1)
    return (alpha * features).sum(dim=1)  # Σ_k α_k A_k    (N, C, h, w) -> (N, h, w)


def scale(maps: Tensor, size: tuple[int, int]) -> Tensor:
    """ReLU、双线性放大到 size=(H, W)、每张除以自己的最大值：(N, h, w) -> (N, H, W)，值域 [0, 1]。

    除以最大值而不是减最小值：0 始终是“没有支持这个类别的证据”。处处不大于 0 的图保持全 0。

    >>> scale(torch.tensor([[[-0.5, 2.0]]]), (1, 2))
    tensor([[[0., 1.]]])
    """
    maps = F.relu(maps)[:, None]  # ReLU(Σ_k α_k A_k)    (N, h, w) -> (N, 1, h, w)
    maps = F.interpolate(maps, size=size, mode="bilinear", align_corners=False)[:, 0]  # -> (N, H, W)
    peak = maps.amax(dim=(1, 2), keepdim=True)  # 放大之后再取：插值会压低峰值
    return maps / peak.clamp_min(torch.finfo(maps.dtype).tiny)


def grad_cam(model: nn.Module, images: Tensor, classes: Tensor | None = None, layer: str | None = None) -> Tensor:
    """每张图一张热力图：images (N, C, H, W)，classes (N,) 是要解释的类别，返回 (N, H, W)，值域 [0, 1]。

    classes 缺省为模型预测的类别，layer 缺省为最后一个阶段。模型的模式、参数的 .grad 都不变。

    >>> heat = grad_cam(resnet20(), torch.randn(2, 3, 32, 32), torch.tensor([3, 5]))
    >>> heat.shape, bool(heat.min() >= 0), bool(heat.max() <= 1)
    (torch.Size([2, 32, 32]), True, True)
    """
    names = stages(model)
    layer = names[-1] if layer is None else layer
    if layer not in names:
        raise ValueError(f"layer={layer!r} 不是这个模型的阶段；可选 {'、'.join(names)}")
    # enable_grad：调用者多半在 torch.no_grad() 里做预测
    with evaluating(model), torch.enable_grad():
        features, logits = features_and_logits(model, images, getattr(model, layer))
        classes = logits.argmax(dim=1) if classes is None else classes
        # y^c 是 softmax 之前的 logit；eval 模式下图与图互不影响，求和的梯度就是各自的梯度
        score = logits.gather(1, classes[:, None]).sum()
        gradients = torch.autograd.grad(score, features)[0]  # ∂y/∂A    (N, C, h, w)，不写进任何 .grad
    return scale(weighted_sum(features.detach(), gradients), images.shape[2:])


def english(name: str, index: int) -> str:
    """图里的类别名：matplotlib 自带的字体没有中文，非 ASCII 的名字换成编号。

    >>> english("cat", 3), english("猫", 3)
    ('cat', 'class 3')
    """
    return name if name.isascii() else f"class {index}"


def draw_maps(path: Path, pixels: Tensor, maps: Tensor, titles: list[str]) -> None:
    """每张图画两格：原图、叠上热力图（越红，支持这个类别的证据越多）。"""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt
    from matplotlib.colors import ListedColormap

    columns = min(4, len(titles))
    rows = -(-len(titles) // columns)
    figure, grid = plt.subplots(rows, 2 * columns, figsize=(3 * columns, 1.7 * rows), squeeze=False)
    for axes in grid.flat:
        axes.axis("off")
    for i, title in enumerate(titles):
        left, right = grid[i // columns][2 * (i % columns) : 2 * (i % columns) + 2]
        image = pixels[i].permute(1, 2, 0).squeeze(2).numpy()  # (C, H, W) -> (H, W, 3) 或 (H, W)
        for axes in (left, right):
            axes.imshow(image, cmap="gray", vmin=0, vmax=255)
        # 不用彩虹色：jet 的两端都是暗色，叠在黑底上峰值反而最暗
        right.imshow(maps[i].numpy(), cmap=ListedColormap(["red"]), alpha=0.6 * maps[i].numpy())
        left.set_title(title, fontsize=8, loc="left")
    figure.tight_layout(pad=0.4)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110)
    plt.close(figure)
    atomic_write(path, buffer.getvalue())


def main(argv=None) -> dict:
    Parser(__doc__).parse_args(argv)
    torch.manual_seed(0)
    model, images = resnet20(), torch.randn(2, 3, 32, 32)
    shapes = {}
    for name in stages(model):
        with evaluating(model):
            features, _ = features_and_logits(model, images, getattr(model, name))
        heat = grad_cam(model, images, layer=name)
        shapes[name] = list(features.shape)
        print(f"{name}：特征图 {tuple(features.shape)} -> 热力图 {tuple(heat.shape)}")
    return emit_result({"features": shapes, "map": list(heat.shape)})


if __name__ == "__main__":
    run(main)
