"""笔记 5 的图：很长的词要查几次表；一代记住几个词，几成的词不必重算。

怎么跑：`python CS336/Tokenization/figures_encoding.py`（约 2 秒，写进 CS336/Tokenization/figures/）。
画的是 CS336/Tokenization/results/5_encoding.json 里记录的结果。
图内文字用英文：不依赖机器上有没有中文字体。
"""

from matplotlib.figure import Figure

from book import run
from CS336.Tokenization.drawing import draw_figures, recorded

METHODS = (("rescan", "search again after every merge"), ("merge_all", "heap"), ("walk", "longest separable token"))


def long_words() -> Figure:
    """左：随机的汉字连成一个词，三种办法；右：缓存的命中。"""
    metrics = recorded("5_encoding")
    figure = Figure(figsize=(9.5, 3.4), layout="constrained")
    left, right = figure.subplots(1, 2)
    rows = [row for row in metrics["chinese"]["long_words"] if row["kind"] == "random"]
    for method, label in METHODS:
        found = [row for row in rows if method in row]
        left.plot([row["length"] for row in found], [row[method] for row in found], "o-", ms=4, label=label)
    left.set(xscale="log", yscale="log", xlabel="characters without a break", ylabel="table look-ups")
    left.legend(fontsize=8)
    for name in ("english", "chinese"):
        rows = metrics[name]["cache"]
        right.plot([row["generation"] for row in rows], [row["hit"] for row in rows], "o-", ms=4, label=name)
    right.set(xscale="log", ylim=(0, 1), xlabel="words in one generation", ylabel="share of words remembered")
    right.legend(fontsize=8)
    return figure


def main(argv=None) -> dict:
    return draw_figures(__doc__, __file__, {"5_long_words": long_words}, argv)


if __name__ == "__main__":
    run(main)
