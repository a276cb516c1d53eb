"""笔记 6 的图：每个词元几个字节随词表的大小变；中文的词表里各类词元；少见的词元。

怎么跑：`python CS336/Tokenization/figures_experiments.py`（约 2 秒，写进 CS336/Tokenization/figures/）。
画的是 CS336/Tokenization/results/6_experiments.json 里记录的结果。
图内文字用英文：不依赖机器上有没有中文字体。
"""

from matplotlib.figure import Figure

from book import run
from CS336.Tokenization.drawing import draw_figures, recorded

COLORS = {"english": "C1", "chinese": "C0", "code": "C2", "mixed": "C3"}
KINDS = {"ascii": "ASCII", "one": "one character", "many": "several characters", "head": "head", "inside": "inside"}


def languages() -> Figure:
    """三格，一格一种没见过的文字；四条线，一条一个分词器。"""
    rows = recorded("6_experiments")["languages"]
    figure = Figure(figsize=(11, 3.5), layout="constrained")
    axes = figure.subplots(1, 3, sharey=True)
    for axis, text in zip(axes, ("english", "chinese", "code")):
        for name, color in COLORS.items():
            own = [row for row in rows if row["trained_on"] == name]
            style = "o-" if name == text else "o--"
            axis.plot(
                [row["vocab_size"] for row in own], [row[text] for row in own], style, color=color, ms=4, label=name
            )
        axis.set(xlabel="vocabulary size", xscale="log", title=f"unseen text: {text}")
        axis.set_xticks([300, 512, 1024, 2048, 4096, 8192], ["300", "512", "1k", "2k", "4k", "8k"], minor=False)
        axis.minorticks_off()
    axes[0].set(ylabel="bytes per token")
    axes[0].legend(title="trained on", fontsize=8)
    return figure


def tokens() -> Figure:
    """左：中文词表里各类词元；右：训练文字里出现不到 10 次的词元占词表多少。"""
    metrics = recorded("6_experiments")
    figure = Figure(figsize=(11, 3.5), layout="constrained")
    left, right = figure.subplots(1, 2)
    rows = metrics["chinese"]
    places, bottom = range(len(rows)), [0.0] * len(rows)
    for kind, label in KINDS.items():
        shares = [row[kind] / sum(row[k] for k in KINDS) for row in rows]
        left.bar(places, shares, bottom=bottom, label=label)
        bottom = [a + b for a, b in zip(bottom, shares)]
    left.set_xticks(places, [str(row["vocab_size"]) for row in rows])
    left.set(xlabel="vocabulary size", ylabel="share of the merged tokens", title="trained on Chinese")
    left.legend(fontsize=8, loc="upper left", bbox_to_anchor=(1, 1))
    for name in ("english", "chinese", "code"):
        own = [row for row in metrics["rare"] if row["text"] == name]
        sizes = [row["vocab_size"] for row in own]
        right.plot(sizes, [row["rare"] for row in own], "o-", color=COLORS[name], ms=4, label=name)
        right.plot(sizes, [row["never"] for row in own], "s--", color=COLORS[name], ms=4)
    right.set(xlabel="vocabulary size", ylabel="share of the merged tokens", xscale="log", ylim=(0, 1))
    right.set_xticks([300, 512, 1024, 2048, 4096, 8192], ["300", "512", "1k", "2k", "4k", "8k"], minor=False)
    right.minorticks_off()
    right.set_title("in the training text: under 10 times (solid), never (dashed)", fontsize=9)
    right.legend(fontsize=8)
    return figure


def main(argv=None) -> dict:
    return draw_figures(__doc__, __file__, {"6_languages": languages, "6_tokens": tokens}, argv)


if __name__ == "__main__":
    run(main)
