"""笔记 2 的图：合并越多，每个词元的字节越多；中文逐词元解码丢的字符越少，却一直有。

怎么跑：`python CS336/Tokenization/figures_naive_bpe.py`（约 2 秒，写进 CS336/Tokenization/figures/）。
画的是 CS336/Tokenization/results/2_naive_bpe.json 里记录的结果。
图内文字用英文：不依赖机器上有没有中文字体。
"""

from matplotlib.figure import Figure

from book import run
from CS336.Tokenization.drawing import draw_figures, recorded


def compression() -> Figure:
    """左：两种文字，训练的（虚线）与没见过的（实线）；右：中文里不完整的词元与丢了的字符。"""
    metrics = recorded("2_naive_bpe")
    figure = Figure(figsize=(9.5, 3.4), layout="constrained")
    left, right = figure.subplots(1, 2)
    rows = metrics["compression"]
    for name, color in (("english", "C1"), ("chinese", "C0")):
        for which, style in (("train", "--"), ("test", "o-")):
            values = [row[f"{name}_{which}"] for row in rows]
            left.plot([row["merges"] for row in rows], values, style, color=color, ms=4, label=f"{name}, {which}")
    left.set(xlabel="merges", ylabel="bytes per token", title="compression")
    left.legend(fontsize=8)
    rows = metrics["decoded_one_by_one"]
    names = (("partial_tokens", "s-", "tokens with part of a character"), ("lost", "o-", "characters lost"))
    for key, style, label in names:
        right.plot([row["merges"] for row in rows], [row[key] for row in rows], style, ms=4, label=label)
    right.set(xlabel="merges", ylim=(0, None), title="Chinese, every token decoded on its own")
    right.legend(fontsize=8)
    return figure


def main(argv=None) -> dict:
    return draw_figures(__doc__, __file__, {"2_compression": compression}, argv)


if __name__ == "__main__":
    run(main)
