"""笔记 3 的图：归一化沿哪个方向；24 层各层的梯度；三种写法、有无预热的准确率。

怎么跑：`python Transformer/figures_layers.py`（约 4 秒，写进 Transformer/figures/）。
梯度与准确率画的是 Transformer/results/3_layers.json 里记录的结果。
图内文字用英文：不依赖机器上有没有中文字体。
"""

from matplotlib.figure import Figure

from book import run
from Transformer.drawing import draw_figures, recorded

LABELS = {"post": "post-norm", "pre": "pre-norm", "none": "no residual"}


def draw() -> Figure:
    """左：初始化时每层的梯度长度；右：训练后的准确率，点是中位数，线是种子的范围。"""
    metrics = recorded("3_layers")
    figure = Figure(figsize=(9.5, 3.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    for (name, values), style in zip(metrics["per_layer"].items(), ("o-", "s-", "^-")):
        left.semilogy(range(1, len(values) + 1), values, style, ms=4, label=LABELS[name])
    left.set(xlabel="layer (1 = nearest the input)", ylabel="gradient norm at initialisation")
    left.legend(fontsize=8)
    rows = metrics["training"]
    for place, row in enumerate(rows.values()):
        right.plot([place, place], [row["low"], row["high"]], "C0-", lw=4, alpha=0.4)
        right.plot(place, row["median"], "C0o")
    right.axhline(1 / 16, color="0.6", ls=":")
    right.set_xticks(range(len(rows)), [name.replace("_", "\n") for name in rows], fontsize=8)
    steps = metrics["steps"]
    title = f"{metrics['depth']} layers, {steps} steps (small: {3 * steps}), {metrics['seeds']} seeds"
    right.set(ylabel="accuracy", ylim=(0, 1.05), title=title)
    return figure


def axes() -> Figure:
    """两句话、6 个位置、4 个通道：同一种颜色的格子一起求均值。"""
    figure = Figure(figsize=(7, 2.8), layout="constrained")
    words = ["I", "like", "tea", "yes", "PAD", "PAD"]
    for axis, name in zip(figure.subplots(1, 2), ("BatchNorm: one mean per channel", "LayerNorm: one mean per word")):
        colors = [[c if name.startswith("Batch") else t for c in range(4)] for t in range(len(words))]
        axis.imshow(colors, cmap="Pastel1" if name.startswith("Batch") else "Pastel2", aspect="auto")
        axis.set(xticks=range(4), yticks=range(len(words)), yticklabels=words, xlabel="channel")
        axis.set_title(name, fontsize=9)
        axis.axhline(2.5, color="0.3", lw=2)  # 上面一句，下面一句
    return figure


def main(argv=None) -> dict:
    return draw_figures(__doc__, __file__, {"3_axes": axes, "3_layers": draw}, argv)


if __name__ == "__main__":
    run(main)
