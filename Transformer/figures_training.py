"""笔记 5 的图：两种学习率；随便分批与分桶，各有多少填充。

怎么跑：`python Transformer/figures_training.py`（约 4 秒，写进 Transformer/figures/）。
图内文字用英文：不依赖机器上有没有中文字体。
"""

import numpy
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure

from book import run
from Transformer.corpus import load_normal_forms
from Transformer.data import Pair, buckets, encode_pairs, padding_share
from Transformer.drawing import draw_figures
from Transformer.recipes import Recipe


def blocks(pairs: list[Pair], batches: list[list[int]]) -> numpy.ndarray:
    """每句一行：1 是词，2 是填充，0 是空白；批与批之间隔五行。"""
    width, rows = max(len(p.source) for p in pairs), []
    for batch in batches:
        S = max(len(pairs[i].source) for i in batch)
        for n in sorted((len(pairs[i].source) for i in batch), reverse=True):
            rows.append([1] * n + [2] * (S - n) + [0] * (width - S))
        rows += [[0] * width] * 5
    return numpy.array(rows[:-5])


def draw() -> Figure:
    figure = Figure(figsize=(9.5, 3.6), layout="constrained")
    left, *right = figure.subplots(1, 3, width_ratios=(1.5, 1, 1))
    for schedule in ("noam", "cosine"):
        recipe = Recipe(lr=1.0, warmup=100, schedule=schedule)
        left.plot([recipe.learning_rate(step, 1000) for step in range(1000)], label=schedule)
    left.set(xlabel="step", ylabel="learning rate / peak", title="warmup 100, 1000 steps in all")
    left.legend()
    task = load_normal_forms(2000)
    pairs = encode_pairs(task.train[:400], *task.tokenizers, 128)
    for axes, sort in zip(right, (False, True)):
        batches = buckets(pairs, 1024, (0,), sort)
        axes.imshow(
            blocks(pairs, batches), cmap=ListedColormap(["white", "C0", "0.8"]), aspect="auto", interpolation="nearest"
        )
        name = "buckets" if sort else "random"
        axes.set_title(f"{name}: {len(batches)} batches, {padding_share(pairs, batches):.0%} padding", fontsize=9)
        axes.set(xlabel="source position", yticks=[])
    return figure


def main(argv=None) -> dict:
    return draw_figures(__doc__, __file__, {"5_training": draw}, argv)


if __name__ == "__main__":
    run(main)
