"""笔记 2 的图：正弦编码的表、点积随距离的变化、句子变长时每个位置的准确率。

怎么跑：`python Transformer/figures_positions.py`（约 5 秒，写进 Transformer/figures/）。
准确率那张画的是 Transformer/results/2_positions.json 里记录的结果，别的当场算。
图内文字用英文：不依赖机器上有没有中文字体。
"""

from matplotlib.figure import Figure

from book import run
from Transformer.drawing import draw_figures, recorded
from Transformer.positional import sinusoidal


def table() -> Figure:
    """左：60 个位置、64 个通道的表；右：三种宽度下，两行的点积除以 C/2。"""
    figure = Figure(figsize=(9.5, 3.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    image = left.imshow(sinusoidal(60, 64).numpy(), cmap="RdBu", vmin=-1, vmax=1, aspect="auto")
    left.set(xlabel="channel", ylabel="position t", title="sinusoidal(60, 64)")
    figure.colorbar(image, ax=left)
    for d_model in (64, 128, 512):
        rows = sinusoidal(201, d_model)  # 点积只看距离：中间一行与左右各 100 行
        products = rows @ rows[100] / (d_model / 2)  # (201, C) @ (C,) -> (201,)
        right.plot(range(-100, 101), products.numpy(), label=f"C = {d_model}")
    right.set(xlabel="distance k", ylabel="dot product / (C/2)", title="p(t) . p(t+k) is the same for every t")
    right.legend()
    return figure


def lengths() -> Figure:
    """训练到 16 个词，测 24 个词：每个位置的准确率。"""
    metrics = recorded("2_positions")
    figure = Figure(figsize=(6.5, 3.2), layout="constrained")
    axis = figure.subplots()
    for (name, values), style in zip(metrics["each"].items(), ("o-", "s-", "^-", "D--")):
        axis.plot(range(1, len(values) + 1), values, style, ms=4, label=name)
    axis.axvline(15.5, color="0.6", ls=":")
    axis.set(xlabel="position (trained on 0-15)", ylabel="accuracy", ylim=(0, 1.05))
    axis.legend(fontsize=8)
    return figure


def main(argv=None) -> dict:
    return draw_figures(__doc__, __file__, {"2_table": table, "2_lengths": lengths}, argv)


if __name__ == "__main__":
    run(main)
