"""`Transformer.md` 的图：RoPE 的旋转与点积随距离的变化，SwiGLU 的门，余弦学习率，参数与 FLOPs 在哪里。

怎么跑：`python CS336/Transformer/figures_transformer.py`（约 5 秒，写进 CS336/Transformer/figures/）。
图都由公式画出，不用记录。图内文字用英文：不依赖机器上有没有中文字体。
"""

import math
from pathlib import Path

import torch
from matplotlib.figure import Figure

from book import Parser, common_options, emit_result, output_dir, run, save_figure, seeded
from CS336.Transformer.accounting import SHAPES, activation_bytes, forward_flops, parameter_groups, training_bytes
from CS336.Transformer.functional import silu
from CS336.Transformer.optimizer import cosine_lr
from CS336.Transformer.rope import RotaryEmbedding


def rotation() -> Figure:
    """左：快慢两对通道，前 8 个位置；中：同样的距离同样的夹角；右：点积随距离的变化。"""
    figure = Figure(figsize=(11, 3.5), layout="constrained")
    left, middle, right = figure.subplots(1, 3)
    for pair, color, length in ((0, "C0", 1.0), (1, "C1", 0.7)):
        points = length * RotaryEmbedding(8, 8)(torch.tensor([[1.0, 0.0] * 4] * 8))[:, 2 * pair : 2 * pair + 2]
        for p, (x, y) in enumerate(points.tolist()):
            left.annotate("", (x, y), (0, 0), arrowprops={"arrowstyle": "->", "color": color})
            left.text(1.12 * x, 1.12 * y, str(p), color=color, ha="center", va="center", fontsize=8)
    left.set(title="pair 0 (blue) and pair 1 (orange), D = 8")
    for m, n, color in ((3, 1, "C2"), (7, 5, "C3")):
        for place, name in ((m, "q"), (n, "k")):
            x, y = math.cos(place), math.sin(place)
            middle.annotate("", (x, y), (0, 0), arrowprops={"arrowstyle": "->", "color": color})
            middle.text(1.15 * x, 1.15 * y, f"{name} at {place}", color=color, ha="center", fontsize=8)
    middle.set(title="distance 2: the same angle, 2 rad")
    for axis in (left, middle):
        axis.set(xlim=(-1.35, 1.35), ylim=(-1.35, 1.35), aspect="equal", xticks=[], yticks=[])
    decay(right)
    return figure


def decay(axis) -> None:
    """q = k（随机的方向，长度 1）：转开 n 个位置之后的点积的平均。"""
    generator, places = seeded("figure"), torch.arange(257)
    for theta, style in ((10000.0, "C0"), (100.0, "C1")):
        q = torch.randn(200, 1, 64, generator=generator).expand(-1, 257, -1)
        q = q / q.norm(dim=-1, keepdim=True)
        turned = RotaryEmbedding(64, 257, theta)(q)  # (200, 257, 64)
        products = (turned * turned[:, :1]).sum(-1).mean(0)  # (200, 257, 64) -> (257,)
        axis.plot(places.numpy(), products.numpy(), style, label=f"theta = {theta:g}")
    axis.axhline(0, color="0.7", lw=0.7)
    axis.set(xlabel="distance", title="dot product of a vector with itself, turned")
    axis.legend(fontsize=8)


def gate() -> Figure:
    """左：ReLU、SiLU 与它的斜率；右：SwiGLU 的两个输入各是多少时输出多少。"""
    figure = Figure(figsize=(9, 3.5), layout="constrained")
    left, right = figure.subplots(1, 2)
    x = torch.linspace(-6, 4, 400, requires_grad=True)
    y = silu(x)
    slope = torch.autograd.grad(y.sum(), x)[0]
    at = x.detach().numpy()
    left.plot(at, x.detach().clamp(min=0).numpy(), "0.6", ls="--", label="ReLU")
    left.plot(at, y.detach().numpy(), "C0", label="SiLU")
    left.plot(at, slope.numpy(), "C1", label="slope of SiLU")
    left.legend(fontsize=8)
    left.set(xlabel="x", ylim=(-0.6, 2.5))
    side = torch.linspace(-4, 4, 161)
    surface = silu(side)[None, :] * side[:, None]  # (w3 x, w1 x)
    image = right.imshow(
        surface.numpy(), origin="lower", extent=(-4, 4, -4, 4), cmap="RdBu", vmin=-8, vmax=8, aspect="auto"
    )
    right.set(xlabel="w1 x (its SiLU is the gate)", ylabel="w3 x", title="SiLU(w1 x) * (w3 x)")
    figure.colorbar(image, ax=right)
    return figure


def schedule() -> Figure:
    """左：预热加余弦；右：AdamW 头 30 步里，有无偏差修正的步长（梯度恒为 1）。"""
    figure = Figure(figsize=(9, 3.2), layout="constrained")
    left, right = figure.subplots(1, 2)
    steps = range(1300)
    left.plot(steps, [cosine_lr(step, 3e-3, 3e-4, 50, 1000) for step in steps])
    left.axvline(1000, color="0.6", ls=":")
    left.set(xlabel="step", ylabel="learning rate", title="warmup 50, total_steps 1000")
    counted = torch.arange(1, 31)
    for beta2, style in ((0.999, "C1"), (0.99, "C2")):
        raw = (1 - 0.9**counted) / (1 - beta2**counted).sqrt()
        right.plot(counted.numpy(), raw.numpy(), style, label=f"without correction, beta2 = {beta2}")
    right.plot(counted.numpy(), torch.ones(30).numpy(), "C0", label="with correction")
    right.set(xlabel="step", ylabel="update / learning rate", title="gradient always 1")
    right.legend(fontsize=8)
    return figure


def accounts() -> Figure:
    """五种配置：参数、前向 FLOPs、训练内存（一批 1 句）各花在哪里。"""
    figure = Figure(figsize=(11, 3.4), layout="constrained")
    sources = {
        "parameters": parameter_groups,
        "forward FLOPs": forward_flops,
        "training memory, B = 1": lambda s: {**training_bytes(s), **kept(s)},
    }
    for axis, (title, count) in zip(figure.subplots(1, 3, sharey=True), sources.items()):
        rows = [count(s) for s in SHAPES.values()]
        start = [0.0] * len(rows)
        for part in rows[0]:
            shares = [row[part] / sum(row.values()) for row in rows]
            axis.barh(list(SHAPES), shares, left=start, label=part)
            start = [a + b for a, b in zip(start, shares)]
        axis.invert_yaxis()
        axis.set(title=title, xlim=(0, 1), xlabel="share")
        axis.legend(fontsize=7, loc="upper center", bbox_to_anchor=(0.5, -0.2), ncols=3)
    return figure


def kept(s) -> dict[str, int]:
    """激活分成分数与其余。"""
    parts = activation_bytes(s)
    return {"activations": sum(parts.values()) - parts["scores"], "scores kept": parts["scores"]}


FIGURES = {"rotation": rotation, "gate": gate, "schedule": schedule, "accounts": accounts}


def main(argv=None) -> dict:
    parser = Parser(__doc__)
    common_options(parser, __file__)
    parser.set_defaults(out=Path(__file__).parent / "figures")
    out = output_dir(parser.parse_args(argv).out)
    for name, draw in FIGURES.items():
        save_figure(draw(), out / f"{name}.png")
        print(f"已画 {name}.png")
    return emit_result({"figures": len(FIGURES)})


if __name__ == "__main__":
    run(main)
