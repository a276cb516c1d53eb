"""笔记 1、2 的图：内存与步幅、广播反例、差分误差、初始化、浮点间隔。

怎么跑：`python ResNet/figures_basics.py`（约 10 秒，写进 ResNet/figures/）；`--smoke` 用更少的随机样本。
图内文字用英文：不依赖机器上有没有中文字体。
"""

import importlib
from pathlib import Path

import torch
from matplotlib.figure import Figure
from torch import Tensor

from book import Parser, common_options, emit_result, output_dir, run
from ResNet.float_formats import FORMATS, spacing

tensors = importlib.import_module("ResNet.1_tensors")
module = importlib.import_module("ResNet.2_module")


def draw_grid(axis, values: Tensor, title: str) -> None:
    """把一个小矩阵画成格子，颜色由数值决定：同一个数在各图里同色。"""
    axis.imshow(values.numpy(), cmap="Set3", vmin=0, vmax=11)
    for i, row in enumerate(values.tolist()):
        for j, value in enumerate(row):
            axis.text(j, i, str(int(value)), ha="center", va="center", fontsize=13)
    axis.set(xticks=[], yticks=[])
    axis.set_title(title, fontsize=10)


def strides() -> Figure:
    """同一块存储的三种读法：view、转置、reshape。"""
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    top, bottom = figure.subfigures(2, 1, height_ratios=[1, 2.2])
    x = torch.arange(6).view(2, 3)
    draw_grid(top.subplots(), x.reshape(1, 6), "storage: one row of memory, addresses 0..5")
    views = [("x = view(2, 3)", x), ("x.T", x.T), ("x.reshape(3, 2)", x.reshape(3, 2))]
    for axis, (name, view) in zip(bottom.subplots(1, 3), views):
        draw_grid(axis, view, f"{name}\nshape {tuple(view.shape)}, strides {view.stride()}")
    return figure


def broadcast() -> Figure:
    """漏掉 squeeze：左边是拟合出来的线，右边是损失里真正平均的 (N, N) 个差。"""
    figure = Figure(figsize=(9, 3.8), layout="constrained")
    left, right = figure.subplots(1, 2)
    x, y = tensors.line_data()
    left.scatter(x[:, 0].numpy(), y.numpy(), s=10, color="0.6", label="data")
    ends = torch.tensor([-1.0, 1.0])
    for squeeze, label, style in ((True, "(N,) - (N,)", "C0-"), (False, "(N, 1) - (N,)", "C3--")):
        fit = tensors.fit_line(x, y, squeeze=squeeze)
        left.plot(
            ends.numpy(), (fit["w"] * ends + fit["b"]).numpy(), style, lw=2, label=f"{label}: R² = {abs(fit['r2']):.2f}"
        )
    left.set(xlabel="x", ylabel="y", title="fitted lines", xticks=[-1, 0, 1])
    left.legend()
    order = x[:, 0].argsort()
    prediction, target = (3 * x + 1)[order], y[order]  # (N, 1) 与 (N,)
    image = right.imshow((prediction - target).numpy(), cmap="RdBu", vmin=-6, vmax=6)  # (N, N)
    right.plot([0, len(y) - 1], [0, len(y) - 1], "k-", lw=1)
    right.set(xlabel="j (target)", ylabel="i (prediction)", title="(N, 1) - (N,): only the diagonal is meant")
    figure.colorbar(image, ax=right)
    return figure


def gradient_check() -> Figure:
    """中心差分的误差：步长太大是截断误差 h²/6，太小是舍入误差 ε/h。"""
    figure = Figure(figsize=(6.5, 3.8), layout="constrained")
    axis = figure.subplots()
    exponents = [k / 4 for k in range(2, 57)]
    steps = [10.0**-k for k in exponents]
    axis.loglog(steps, tensors.difference_errors(exponents), "o-", ms=3, label="measured")
    axis.loglog(steps, [h * h / 6 for h in steps], "--", label="truncation: h² / 6")
    axis.loglog(steps, [2.2e-16 / h for h in steps], ":", label="rounding: 2.2e-16 / h")
    axis.set(xlabel="step h", ylabel="relative error", ylim=(1e-13, 1), title="central difference of exp at x = 1")
    axis.legend()
    return figure


def unstable_training(steps: int) -> Figure:
    """学习率 0.3 的异或网络：损失先降、后炸、再降；手写引擎与 torch 的差在炸之前指数增长。"""
    figure = Figure(figsize=(7, 3.8), layout="constrained")
    axis = figure.subplots()
    ours, reference = (train(steps, lr=0.3)[0] for train in (tensors.train_with_engine, tensors.train_with_torch))
    axis.semilogy(tensors.train_with_engine(steps, lr=0.1)[0], "C0", label="loss, lr 0.1")
    axis.semilogy(ours, "C3", label="loss, lr 0.3")
    difference = [max(abs(a - b), 1e-18) for a, b in zip(ours, reference)]
    axis.semilogy(difference, "C7:", label="|our loss - torch's loss|, lr 0.3")
    axis.set(xlabel="step", ylim=(1e-18, 10), title="the same network, the same start, two engines")
    axis.legend()
    return figure


def initialisation(draws: int) -> Figure:
    """五种初值，20 层里每层的标准差：点是实测，虚线是预言。"""
    figure = Figure(figsize=(7, 4), layout="constrained")
    axis = figure.subplots()
    layers = range(1, 21)
    for color, (name, weight_std) in enumerate(module.INITS.items()):
        axis.semilogy(layers, module.mean_stds(weight_std(256), draws), f"C{color}o", ms=4, label=name)
        axis.semilogy(layers, [module.predicted_std(weight_std(256), n) for n in layers], f"C{color}--", lw=1)
    axis.set(xlabel="layer", ylabel="std of W x", title="20 ReLU layers, width 256 (dashed: predicted)")
    axis.set_xticks([1, 5, 10, 15, 20])
    axis.legend()
    return figure


def float_spacing() -> Figure:
    """相邻两个可表示的数隔多远：bf16 到 256 时已经隔 2。"""
    figure = Figure(figsize=(7, 3.8), layout="constrained")
    axis = figure.subplots()
    powers = range(-14, 16)
    for dtype in FORMATS:
        axis.step(
            [2.0**p for p in powers], [spacing(2.0**p, dtype) for p in powers], where="post", label=str(dtype)[6:]
        )
    axis.axhline(1, color="0.5", lw=1, ls="--")
    axis.plot([256], [spacing(256.0)], "k*", ms=11, label="bfloat16 at 256: gap 2, so 256 + 1 = 256")
    axis.set_xscale("log", base=2)
    axis.set_yscale("log", base=2)
    axis.set(xlabel="x", ylabel="gap to the next number", title="precision: the gap grows with the number")
    axis.legend(fontsize=8)
    return figure


def main(argv=None) -> dict:
    parser = Parser(__doc__)
    common_options(parser, script=__file__)
    parser.set_defaults(out=Path(__file__).parent / "figures")
    args = parser.parse_args(argv)
    figures = {
        "1_strides.png": strides,
        "1_broadcast.png": broadcast,
        "1_gradcheck.png": gradient_check,
        "1_unstable.png": lambda: unstable_training(30 if args.smoke else 400),
        "2_init.png": lambda: initialisation(2 if args.smoke else 20),
        "2_floats.png": float_spacing,
    }
    folder = output_dir(args.out)
    for name, draw in figures.items():
        draw().savefig(folder / name, dpi=110)
        print(f"画好 {name}")
    return emit_result({"figures": list(figures)})


if __name__ == "__main__":
    run(main)
