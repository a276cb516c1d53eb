"""笔记 6 的图：温度、top-k、top-p 各怎样改动下一个词的分布。

怎么跑：`python Transformer/figures_inference.py`（约 4 秒，写进 Transformer/figures/）。
图内文字用英文：不依赖机器上有没有中文字体。
"""

import torch
from matplotlib.figure import Figure

from book import run
from Transformer.decoding import filter_logits
from Transformer.drawing import draw_figures

SURE, UNSURE = (0.7, 0.12, 0.08, 0.05, 0.03, 0.02), (0.22, 0.2, 0.18, 0.16, 0.14, 0.1)
SETTINGS = {  # 温度、top-k、top-p
    "T = 1": (1.0, 0, 1.0),
    "T = 0.5": (0.5, 0, 1.0),
    "T = 2": (2.0, 0, 1.0),
    "top-k 3": (1.0, 3, 1.0),
    "top-p 0.8": (1.0, 0, 0.8),
}


def draw() -> Figure:
    """上：模型确定；下：犹豫。虚框是原来的分布。"""
    figure = Figure(figsize=(9.5, 3.4), layout="constrained")
    rows = figure.subplots(2, len(SETTINGS), sharex=True, sharey=True)
    for axes_row, name, probabilities in zip(rows, ("sure", "unsure"), (SURE, UNSURE)):
        for axes, (title, setting) in zip(axes_row, SETTINGS.items()):
            kept = filter_logits(torch.tensor([probabilities]).log(), *setting)[0]
            axes.bar(range(6), kept.tolist())
            axes.bar(range(6), probabilities, fill=False, ls=":", ec="0.4")
            axes.set(xticks=[])
            axes.set_title(f"{title}: {int((kept > 0).sum())} words", fontsize=9)
        axes_row[0].set_ylabel(name)
    return figure


def main(argv=None) -> dict:
    return draw_figures(__doc__, __file__, {"6_sampling": draw}, argv)


if __name__ == "__main__":
    run(main)
