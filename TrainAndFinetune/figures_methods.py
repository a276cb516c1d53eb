"""笔记 5 与 6 的图：准确率随学习率、随秩的变化。

怎么跑：`python TrainAndFinetune/figures_methods.py`（约 3 秒，写进 TrainAndFinetune/figures/）。
画的是 TrainAndFinetune/results/ 里记录的结果。图内文字用英文：不依赖机器上有没有中文字体。
"""

import json

from matplotlib.figure import Figure

from book import UserError, repository_root, run
from TrainAndFinetune.drawing import draw_all

CHAPTER = repository_root() / "TrainAndFinetune"
STYLES = ("k--", "o-", "s-", "s:", "^-", "^:", "D-", "v-")


def recorded(name: str) -> dict:
    """一份记录里的数；没有就说怎么记。"""
    path = CHAPTER / "results" / f"{name}.json"
    if not path.is_file():
        record = f"python -m tests.record TrainAndFinetune/{name} -- python TrainAndFinetune/{name}.py"
        raise UserError(f"找不到 {path}；先记录一次：{record}")
    return json.loads(path.read_text(encoding="utf-8"))["metrics"]


def learning_rate() -> Figure:
    """两个任务，每种方法一条线；虚线是乱猜。"""
    grid = recorded("5_adapter_prefix")["grid"]
    figure = Figure(figsize=(9.5, 3.6), layout="constrained")
    for axis, (task, rows) in zip(figure.subplots(1, 2, sharey=True), grid.items()):
        for (name, row), style in zip(rows.items(), STYLES):
            axis.plot([float(lr) for lr in row], list(row.values()), style, ms=5, label=name.replace("_", " "))
        axis.axhline(1 / 16, color="0.7", lw=0.8)
        axis.set(xscale="log", xlabel="learning rate", title=task, ylim=(0, 1.05))
    figure.axes[0].set_ylabel("accuracy per symbol")
    figure.axes[1].legend(fontsize=8, loc="upper left", bbox_to_anchor=(1, 1))
    return figure


def sweeps() -> Figure:
    """左：学习率；右：秩。"""
    metrics = recorded("6_lora")
    figure = Figure(figsize=(9, 3.3), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    for name, style in (("full", "k--"), ("lora", "o-")):
        row = metrics["rates"][name]
        left.plot([float(lr) for lr in row], list(row.values()), style, label=name)
    for name, label, style in (("alpha_over_r", "alpha / r", "o-"), ("alpha_over_root", "alpha / sqrt(r)", "s-")):
        row = metrics["ranks"][name]
        right.plot([int(rank) for rank in row], list(row.values()), style, label=label)
    left.set(xscale="log", xlabel="learning rate", ylabel="accuracy per symbol", ylim=(0, 1.05))
    right.set(xscale="log", xlabel="rank r (alpha = 16)")
    right.set_xticks([1, 2, 4, 8, 16, 32], ["1", "2", "4", "8", "16", "32"])
    for axis in (left, right):
        axis.axhline(1 / 16, color="0.7", lw=0.8)
        axis.legend(fontsize=8)
    return figure


def main(argv=None) -> dict:
    return draw_all(__doc__, __file__, {"5_learning_rate": learning_rate, "6_sweeps": sweeps}, argv)


if __name__ == "__main__":
    run(main)
