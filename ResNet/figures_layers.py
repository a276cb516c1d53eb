"""笔记 3、4 的图：优化路径、日程、学习率扫描、四条损失曲线；im2col、特征图、感受野、等变、BatchNorm。

怎么跑：`python ResNet/figures_layers.py`（约 10 秒，写进 ResNet/figures/）；`--smoke` 只训练 1 轮。
学习率扫描的两张图画的是 ResNet/results/ 里记录的结果，别的当场算。
图内文字用英文：不依赖机器上有没有中文字体。
"""

import importlib
import json
from functools import partial
from pathlib import Path

import torch
from matplotlib.figure import Figure
from torch import Tensor, nn

from book import Parser, common_options, emit_result, output_dir, run
from ResNet import layers
from ResNet.data import load_dataset
from ResNet.optimizers import SGD, Adam, one_cycle, warmup_cosine

HERE = Path(__file__).parent
training = importlib.import_module("ResNet.3_training")
convolution = importlib.import_module("ResNet.4_convolution")


def ravine(point: Tensor) -> Tensor:
    """狭长的谷：一个方向的曲率是另一个方向的 25 倍。"""
    return (point[..., 0] ** 2 + 25 * point[..., 1] ** 2) / 2


def walk(build, steps: int = 40) -> Tensor:
    """从 (-4, 1) 出发走 steps 步，返回 (steps+1, 2) 的路径。"""
    point = nn.Parameter(torch.tensor([-4.0, 1.0]))
    optimizer, path = build([point]), [point.detach().clone()]
    for _ in range(steps):
        optimizer.zero_grad()
        ravine(point).backward()
        optimizer.step()
        path.append(point.detach().clone())
    return torch.stack(path)


def paths() -> Figure:
    """同一个谷里的四条路。"""
    figure = Figure(figsize=(9, 5.2), layout="constrained")
    builders = {
        "SGD, lr 0.07": partial(SGD, lr=0.07),
        "momentum 0.8, lr 0.02": partial(SGD, lr=0.02, momentum=0.8),
        "Nesterov 0.8, lr 0.02": partial(SGD, lr=0.02, momentum=0.8, nesterov=True),
        "Adam, lr 0.3": partial(Adam, lr=0.3),
    }
    grid = torch.meshgrid(torch.linspace(-4.5, 2, 120), torch.linspace(-1.3, 1.3, 80), indexing="xy")
    heights = ravine(torch.stack(grid, dim=-1))
    for axis, (name, build) in zip(figure.subplots(2, 2, sharex=True, sharey=True).flat, builders.items()):
        path = walk(build)
        axis.contour(*(g.numpy() for g in grid), heights.numpy(), levels=[0.1, 0.5, 1.5, 4, 8, 14, 22], colors="0.8")
        axis.plot(path[:, 0].numpy(), path[:, 1].numpy(), "o-", ms=3, lw=1)
        axis.plot(0, 0, "r*", ms=10)
        axis.set_title(f"{name}: height {ravine(path[-1]).item():.1e} after 40 steps", fontsize=9)
    return figure


def schedules() -> Figure:
    """两种日程，400 步，峰值 0.1。"""
    figure = Figure(figsize=(7, 3.2), layout="constrained")
    axis = figure.subplots()
    steps = range(400)
    axis.plot(steps, [warmup_cosine(s, 400, 0.1, warmup_steps=20) for s in steps], label="warmup_cosine, 20 warm-up")
    axis.plot(steps, [one_cycle(s, 400, 0.1) for s in steps], label="one_cycle, rise 0.3")
    axis.set(xlabel="step", ylabel="learning rate")
    axis.legend()
    return figure


def losses(train, epochs: int) -> Figure:
    """对的写法与三个反例的训练损失（每 10 步平均）。"""
    figure = Figure(figsize=(7, 3.6), layout="constrained")
    axis = figure.subplots()
    steps = epochs * (len(train[0]) // training.BATCH)
    by_class = train[1].argsort(stable=True)
    variants = {
        "correct": {},
        "zero_grad forgotten": {"step_fn": training.step_without_zero_grad},
        "softmax twice": {"step_fn": training.step_softmax_twice},
        "sorted by class": {"order": lambda seed, epoch, n: by_class},
    }
    for name, options in variants.items():
        model = training.build_mlp(0)
        options = {"schedule": lambda step: one_cycle(step, steps, peak=0.1), **options}
        curve = torch.tensor(training.fit(model, SGD(model.parameters(), 0.1, 0.9), train, stop=steps, **options))
        smooth = curve[: steps // 10 * 10].view(-1, 10).mean(dim=1)
        axis.semilogy(torch.arange(len(smooth)).mul(10).numpy(), smooth.clamp(min=1e-3).numpy(), label=name)
    axis.axhline(2.3026, color="0.7", ls=":", label="ln 10")
    axis.set(xlabel="step", ylabel="training loss")
    axis.legend(fontsize=8)
    return figure


def sweep(record: str, names: dict[str, str]) -> Figure:
    """记录里的学习率扫描：测试准确率对学习率。"""
    rows = json.loads((HERE / "results" / record).read_text(encoding="utf-8"))["metrics"]["sweep"]
    figure = Figure(figsize=(6.5, 3.4), layout="constrained")
    axis = figure.subplots()
    for key, label in names.items():
        axis.semilogx([row["lr"] for row in rows], [row[key] for row in rows], "o-", label=label)
    axis.set(xlabel="learning rate", ylabel="test accuracy after 5 epochs", ylim=(0, 1.03))
    axis.axhline(0.1, color="0.7", ls=":")
    axis.legend()
    return figure


def number_grid(axis, values: Tensor, title: str, highlight: Tensor | None = None) -> None:
    """写着数字的格子；highlight 为真的格子涂色。"""
    shade = torch.zeros_like(values) if highlight is None else highlight.float()
    axis.imshow(shade.numpy(), cmap="Blues", vmin=0, vmax=2.5)
    for i, row in enumerate(values.tolist()):
        for j, value in enumerate(row):
            axis.text(j, i, f"{value:g}", ha="center", va="center", fontsize=10)
    axis.set(xticks=[], yticks=[])
    axis.set_title(title, fontsize=10)


def im2col() -> Figure:
    """笔记里手算的例子：3x3 输入、2x2 核，四个窗口拉成四列。"""
    figure = Figure(figsize=(9, 2.8), layout="constrained")
    axes = figure.subplots(1, 4, width_ratios=[3, 4, 4, 2])
    x, weight = torch.arange(1.0, 10).view(1, 1, 3, 3), torch.tensor([[[[1.0, 0.0], [0.0, -1.0]]]])
    window = torch.zeros(3, 3, dtype=torch.bool)
    window[:2, 1:] = True
    columns = layers.unfold(x, 2)[0]  # (4, 4)
    number_grid(axes[0], x[0, 0], "input, one window", window)
    column = torch.zeros(4, 4, dtype=torch.bool)
    column[:, 1] = True
    number_grid(axes[1], columns, "unfold: 4 windows, one per column", column)
    number_grid(axes[2], weight.view(1, 4), "kernel as a row, times the columns =")
    number_grid(axes[3], layers.conv2d(x, weight)[0, 0], "output")
    return figure


def feature_maps(train, epochs: int) -> Figure:
    """训练好的 LeNet：一个数字，C1 的 6 张与 C3 的前 6 张特征图。"""
    model = convolution.build(0, "cpu")
    convolution.train_lenet(model, train, epochs=epochs, peak=0.1, seed=0).eval()
    image = train[0][(train[1] == 3).nonzero()[0, 0]][None]  # (1, 1, 8, 8)
    with torch.no_grad():
        c1 = model.features[:2](image)[0]  # (6, 8, 8)
        c3 = model.features[:5](image)[0, :6]  # (6, 4, 4)
    figure = Figure(figsize=(9, 3), layout="constrained")
    axes = figure.subplots(2, 7)
    axes[1, 0].axis("off")
    axes[0, 0].imshow(image[0, 0].numpy(), cmap="gray")
    axes[0, 0].set_title("input", fontsize=9)
    for row, (name, maps) in enumerate((("C1", c1), ("C3", c3))):
        for i, values in enumerate(maps):
            axes[row, i + 1].imshow(values.numpy(), cmap="viridis")
            axes[row, i + 1].set_title(f"{name} map {i}", fontsize=9)
    for axis in axes.flat:
        axis.set(xticks=[], yticks=[])
    return figure


def receptive_field() -> Figure:
    """LeNet 五层正中一个数的梯度：非零的正方形就是感受野，越靠中间越重。"""
    figure = Figure(figsize=(9, 2.3), layout="constrained")
    sizes = layers.receptive_field([(5, 1), (2, 2), (5, 1), (2, 2), (5, 1)])
    for depth, axis in enumerate(figure.subplots(1, 5), start=1):
        gradient = convolution.measured_field(convolution.positive_lenet_features(depth), 32)
        axis.imshow((gradient / gradient.max()).numpy(), cmap="magma", vmin=0, vmax=1)
        name = ["C1", "S2", "C3", "S4", "C5"][depth - 1]
        axis.set_title(f"{name}: {sizes[depth - 1][0]}x{sizes[depth - 1][0]}", fontsize=10)
        axis.set(xticks=[], yticks=[])
    return figure


def equivariance() -> Figure:
    """先移后卷减先卷后移：补零坏在边上的几列，环形补边处处为零，步幅 2 到处不同。"""
    figure = Figure(figsize=(9, 2.8), layout="constrained")
    torch.manual_seed(0)
    x = torch.randn(1, 1, 16, 16)
    cases = {
        "zero padding, shift 1": (nn.Conv2d(1, 1, 3, padding=1), 1, 1),
        "circular padding, shift 1": (nn.Conv2d(1, 1, 3, padding=1, padding_mode="circular"), 1, 1),
        "circular, stride 2, shift 1": (nn.Conv2d(1, 1, 3, stride=2, padding=1, padding_mode="circular"), 1, 0),
    }
    axes = figure.subplots(1, 3)
    for axis, (name, case) in zip(axes, cases.items()):
        difference = convolution.shift_difference(x, *case)[0, 0]
        image = axis.imshow(difference.numpy(), cmap="Reds", vmin=0, vmax=1)
        axis.set_title(f"{name}\nmax difference {difference.max():.2g}", fontsize=9)
        axis.set(xticks=[], yticks=[])
    figure.colorbar(image, ax=axes)
    return figure


def main(argv=None) -> dict:
    parser = Parser(__doc__)
    common_options(parser, script=__file__)
    parser.set_defaults(out=HERE / "figures")
    args = parser.parse_args(argv)
    out, epochs = output_dir(args.out), 1 if args.smoke else 20
    torch.set_num_threads(1)
    digits = load_dataset("digits")
    train = digits.normalize(digits.train_images), digits.train_labels
    figures = {
        "3_paths": paths,
        "3_schedules": schedules,
        "3_losses": lambda: losses(train, epochs),
        "3_sweep": lambda: sweep("3_training.json", {"sgd": "SGD", "momentum": "SGD, momentum 0.9", "adam": "Adam"}),
        "4_im2col": im2col,
        "4_feature_maps": lambda: feature_maps(train, epochs),
        "4_receptive_field": receptive_field,
        "4_equivariance": equivariance,
        "4_sweep": lambda: sweep("4_convolution.json", {"plain": "LeNet", "bn": "LeNet with BatchNorm"}),
    }
    for name, draw in figures.items():
        draw().savefig(out / f"{name}.png", dpi=110)
        print(f"{name}.png")
    return emit_result({"figures": len(figures)})


if __name__ == "__main__":
    run(main)
