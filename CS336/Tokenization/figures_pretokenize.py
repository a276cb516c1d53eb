"""笔记 3 的图：先数词再数对，少看几倍，随文字的大小变；有边界与没有边界的压缩。

怎么跑：`python CS336/Tokenization/figures_pretokenize.py`（约 2 秒，写进 CS336/Tokenization/figures/）。
画的是 CS336/Tokenization/results/3_pretokenize.json 里记录的结果。
图内文字用英文：不依赖机器上有没有中文字体。
"""

from matplotlib.figure import Figure

from book import run
from CS336.Tokenization.drawing import draw_figures, recorded

COLORS = {"english": "C1", "chinese": "C0", "code": "C2"}


def repeats() -> Figure:
    """左：位置与不同的词里的位置之比；右：没见过的文字每个词元几个字节，实线有边界，虚线没有。"""
    metrics = recorded("3_pretokenize")
    figure = Figure(figsize=(9.5, 3.4), layout="constrained")
    left, right = figure.subplots(1, 2)
    for name, color in COLORS.items():
        rows = [row for row in metrics["repeats"] if row["text"] == name]
        left.plot([row["bytes"] for row in rows], [row["gain"] for row in rows], "o-", color=color, ms=4, label=name)
    left.set(xlabel="bytes of text", ylabel="positions / positions in distinct words", xscale="log", ylim=(0, None))
    left.set_title("fewer pairs to count")
    left.legend(fontsize=8)
    for name in ("english", "chinese"):
        for boundary, style in (("yes", "o-"), ("no", "s--")):
            values = metrics["boundary_curves"][f"{name}_{boundary}"]
            label = f"{name}, boundaries: {boundary}"
            right.plot(metrics["boundary_steps"], values, style, color=COLORS[name], ms=4, label=label)
    right.set(xlabel="merges", ylabel="bytes per token, unseen text", title="compression")
    right.legend(fontsize=8)
    return figure


def main(argv=None) -> dict:
    return draw_figures(__doc__, __file__, {"3_repeats": repeats}, argv)


if __name__ == "__main__":
    run(main)
