"""笔记 4 的图：学到第几条合并时，每次要看多少对。

怎么跑：`python CS336/Tokenization/figures_training.py`（约 2 秒，写进 CS336/Tokenization/figures/）。
画的是 CS336/Tokenization/results/4_training.json 里记录的结果。
图内文字用英文：不依赖机器上有没有中文字体。
"""

from matplotlib.figure import Figure

from book import run
from CS336.Tokenization.drawing import draw_figures, recorded

LINES = (
    ("all", "count everything again"),
    ("live_pairs", "scan all pairs for the largest"),
    ("recounted", "recount the words that hold the pair"),
    ("occurrences", "occurrences of the pair"),
)


def visits() -> Figure:
    """两种文字，四条线，纵轴取对数。"""
    metrics = recorded("4_training")["visits"]
    figure = Figure(figsize=(9.5, 3.4), layout="constrained")
    for axes, name in zip(figure.subplots(1, 2, sharey=True), metrics):
        rows = metrics[name]["curve"]
        for key, label in LINES:
            axes.plot([row["merge"] for row in rows], [row[key] for row in rows], label=label)
        axes.set(yscale="log", xlabel="merge", title=name)
    axes.figure.axes[0].set_ylabel("pairs per merge")
    axes.legend(fontsize=8)
    return figure


def main(argv=None) -> dict:
    return draw_figures(__doc__, __file__, {"4_visits": visits}, argv)


if __name__ == "__main__":
    run(main)
