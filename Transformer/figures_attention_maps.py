"""笔记 7 的图：一句日期的八张交叉注意力；每个头的权重有多集中、关掉它损失多少。

怎么跑：`python Transformer/figures_attention_maps.py`（约 4 秒，写进 Transformer/figures/）。
画的是 Transformer/results/7_attention_maps.json 里记录的结果。
图内文字用英文：中文数字写成阿拉伯数字，年月日写成 Y M D，不依赖机器上有没有中文字体。
"""

import importlib

import torch
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from torch import Tensor

from book import run
from Transformer.attention_scores import right_spans
from Transformer.drawing import draw_figures, recorded

lab = importlib.import_module("Transformer.7_attention_maps")
ASCII = dict(zip("〇一二三四五六七八九十年月日", [*map(str, range(11)), "Y", "M", "D"]))
STYLES = {"encoder": "o", "decoder": "s", "cross": "^"}


def matrix(rows: list[str]) -> Tensor:
    """记录里的百分数 -> (T, S)。"""
    return torch.tensor([[float(cell) / 100 for cell in row.split()] for row in rows])


def alignment() -> Figure:
    """八个头与各层的平均；红框是正确的段。"""
    example = recorded("7_attention_maps")["example"]
    columns, rows = [*(ASCII[c] for c in example["source"]), "EOS"], [*example["value"], "EOS"]
    right = right_spans(example["source"], example["value"])
    heads = {name: matrix(cells) for name, cells in example["maps"].items()}
    figure = Figure(figsize=(13, 5.6), layout="constrained")
    grid = figure.subplots(2, lab.HEADS + 1)
    for layer, (name, axes) in enumerate(zip(lab.NAMES["cross"], grid)):
        maps = {f"layer {layer} head {h}": heads[f"{name}.{h}"] for h in range(lab.HEADS)}
        maps[f"layer {layer} average"] = torch.stack(list(maps.values())).mean(0)
        for axis, (title, weights) in zip(axes, maps.items()):
            axis.imshow(weights.numpy(), cmap="Blues", vmin=0, vmax=1)
            axis.set_xticks(range(len(columns)), columns, fontsize=7)
            axis.set_yticks(range(len(rows)), rows, fontsize=7)
            axis.set_title(title, fontsize=9)
            for t, s in right.nonzero().tolist():
                axis.add_patch(Rectangle((s - 0.5, t - 0.5), 1, 1, fill=False, edgecolor="C3", lw=0.8))
    for axis in grid[:, 0]:
        axis.set_ylabel("character to be written")
    for axis in grid[-1]:
        axis.set_xlabel("source")
    return figure


def importance() -> Figure:
    """左：最大权重的平均与关掉之后的损失；右：世纪、年、月、日各落在正确段里的份额。"""
    metrics = recorded("7_attention_maps")
    figure = Figure(figsize=(11, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    for kind, marker in STYLES.items():
        rows = metrics[kind]
        left.scatter([r["top"] for r in rows], [r["zero_loss"] for r in rows], marker=marker, label=kind)
    left.set_yscale("symlog", linthresh=1e-3)
    left.axhline(0, color="0.7", lw=0.7)
    left.set(xlabel="largest weight of a row (mean)", ylabel="loss added when the head is zeroed (nat)")
    left.legend(fontsize=8)
    fields = list(lab.FIELDS)
    cells = torch.tensor([[row[field] for field in fields] for row in metrics["cross"]])
    right.imshow(cells.T.numpy(), cmap="Blues", vmin=0, vmax=1, aspect="auto")
    for h, row in enumerate(cells.tolist()):
        for i, value in enumerate(row):
            right.text(h, i, f"{value:.2f}", ha="center", va="center", color="w" if value > 0.6 else "k", fontsize=8)
    names = [f"layer {row['attention'].split('.')[1]}\nhead {row['head']}" for row in metrics["cross"]]
    right.set_xticks(range(len(names)), names, fontsize=7)
    right.set_yticks(range(len(fields)), fields)
    right.set_title("share of cross-attention inside the right span", fontsize=9)
    return figure


def main(argv=None) -> dict:
    return draw_figures(__doc__, __file__, {"7_alignment": alignment, "7_importance": importance}, argv)


if __name__ == "__main__":
    run(main)
