"""笔记 1 的图：√D 与 softmax 的饱和，两种掩码，切错头之后谁看得见谁。

怎么跑：`python Transformer/figures_attention.py`（约 5 秒，写进 Transformer/figures/）。
√D 的曲线画的是 Transformer/results/1_attention.json 里记录的结果。
图内文字用英文：不依赖机器上有没有中文字体。
"""

import importlib

import torch
from matplotlib.figure import Figure
from torch import Tensor

from book import run, seeded
from Transformer.attention import MultiHeadAttention, causal_mask, padding_mask
from Transformer.drawing import draw_figures, recorded
from Transformer.lookup import KEYS
from Transformer.wrong_parts import join_view, split_view

lab = importlib.import_module("Transformer.1_attention")


def scaling() -> Figure:
    """最大的权重与 softmax 的梯度随 D 的变化；右边是同一个 query 的 16 个权重。"""
    rows = recorded("1_attention")["scaling"]
    figure = Figure(figsize=(10, 3.1), layout="constrained")
    left, middle, right = figure.subplots(1, 3)
    for suffix, label in (("_scaled", "with 1/√D"), ("", "without")):
        left.semilogx(lab.WIDTHS, [row[f"top{suffix}"] for row in rows], "o-", label=label)
        middle.loglog(lab.WIDTHS, [row[f"gradient{suffix}"] for row in rows], "o-", label=label)
    left.set(xlabel="D", ylabel="largest of 16 weights (mean)", ylim=(0, 1.03))
    left.axhline(1 / KEYS, color="0.7", ls=":")
    middle.set(xlabel="D", ylabel="softmax Jacobian norm (median)")
    left.legend(fontsize=8)
    generator = seeded("figure", 0)
    q, k = torch.randn(256, generator=generator), torch.randn(KEYS, 256, generator=generator)
    places = torch.arange(KEYS)
    right.bar(places.numpy() - 0.2, (k @ q / 16).softmax(0).numpy(), width=0.4)
    right.bar(places.numpy() + 0.2, (k @ q).softmax(0).numpy(), width=0.4)
    right.set(xlabel="key", ylabel="weight", title="one query, D = 256", ylim=(0, 1.03))
    return figure


def draw_cells(axis, cells: Tensor, labels: list[str], title: str, wrong: Tensor | None = None) -> None:
    """白格看不见，蓝格看得见，红格是不该看见的。"""
    shade = cells.float() * 0.55 if wrong is None else cells.float() * 0.55 + (cells & wrong).float() * 0.45
    colors = torch.tensor([[1.0, 1.0, 1.0], [0.35, 0.55, 0.85], [0.85, 0.25, 0.2]])
    axis.imshow(colors[(shade > 0).long() + (shade > 0.9).long()].numpy())
    axis.set(xticks=range(len(labels)), yticks=range(len(labels)), xticklabels=labels, yticklabels=labels)
    axis.set(xlabel="key j", ylabel="query i")
    axis.set_title(title, fontsize=9)
    axis.set_xticks([x - 0.5 for x in range(1, len(labels))], minor=True)
    axis.set_yticks([y - 0.5 for y in range(1, len(labels))], minor=True)
    axis.grid(which="minor", color="0.8", lw=0.7)
    axis.tick_params(which="minor", length=0)


def masks() -> Figure:
    """5 个位置、后两个是填充：填充掩码、因果掩码、两者都要。"""
    figure = Figure(figsize=(9, 3), layout="constrained")
    padding = padding_mask(torch.tensor([[5, 6, 7, 0, 0]]))[0, 0].expand(5, 5)  # (1, 5) -> (5, 5)
    causal = causal_mask(5)
    labels = ["I", "like", "tea", "PAD", "PAD"]
    cases = {"padding mask": padding, "causal mask": causal, "both (and)": padding & causal}
    for axis, (name, cells) in zip(figure.subplots(1, 3), cases.items()):
        draw_cells(axis, cells, labels, name)
    return figure


def heads() -> Figure:
    """改第 j 个词，第 i 个位置变不变：切对与切错。"""
    figure = Figure(figsize=(10, 2.9), layout="constrained")
    future, causal = torch.ones(8, 8, dtype=torch.bool).triu(1), causal_mask(8)
    right = MultiHeadAttention(8, num_heads=2)
    cases = {
        "transpose, no mask": (right.split_heads, right.join_heads, None),
        "view both ways, no mask": (split_view, join_view, None),
        "transpose, causal": (right.split_heads, right.join_heads, causal),
        "view then transpose, causal": (split_view, right.join_heads, causal),
    }
    for axis, (name, case) in zip(figure.subplots(1, 4), cases.items()):
        wrong = future if case[2] is not None else None
        draw_cells(axis, lab.reach(*case), [str(i) for i in range(8)], name, wrong)
        axis.set(xlabel="edited token j", ylabel="output i")
    return figure


def main(argv=None) -> dict:
    return draw_figures(__doc__, __file__, {"1_scaling": scaling, "1_masks": masks, "1_heads": heads}, argv)


if __name__ == "__main__":
    run(main)
