"""第 8 篇的图：准确率随学习率怎样变（主图）、初始化、参数与准确率、遗忘随学习率。

怎么跑：`python TrainAndFinetune/figures_compare.py`（约 4 秒，写进 TrainAndFinetune/figures/）。
数据来自 `results/compare.json` 与 `results/compare_gemma.json`，图内文字用英文。
"""

import json
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from book import run
from TrainAndFinetune.drawing import draw_all

HERE = Path(__file__).resolve().parent
COLORS = {"full": "k", "adapter": "C0", "prefix": "C1", "prompt": "C2", "lora": "C3", "qlora": "C4"}
COLORS |= {
    "ia3": "C5",
    "norms": "C6",
    "prefix-long": "C1",
    "prompt-long": "C2",
    "prefix-random": "C1",
    "prompt-random": "C2",
}


def recorded(name: str) -> dict:
    """results/ 里的一份记录；没有就返回空的。"""
    path = HERE / "results" / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8"))["metrics"] if path.is_file() else {}


def curve(axes: Axes, points: list[dict], variant: str) -> None:
    """一个变体的线：横轴学习率，误差线是 Wilson 区间。"""
    rows = [row for row in points if row["variant"] == variant]
    x, y = [row["lr"] for row in rows], [row["accuracy"] for row in rows]
    error = [[row["accuracy"] - row["low"] for row in rows], [row["high"] - row["accuracy"] for row in rows]]
    color = COLORS[variant]
    axes.errorbar(x, y, error, fmt="o-", color=color, label=variant, ms=4, lw=1.3, capsize=2)


def draw_rates() -> Figure:
    """主图：每种方法一条线。左：小模型；右：2.7 亿参数的。"""
    both = {"1.8M decoder": recorded("compare"), "Gemma 3 270M": recorded("compare_gemma")}
    panels = {title: data for title, data in both.items() if data}
    figure = Figure(figsize=(5.2 * len(panels), 3.8), layout="constrained")
    for axes, (title, data) in zip(figure.subplots(1, len(panels), sharey=True, squeeze=False)[0], panels.items()):
        for variant in dict.fromkeys(row["variant"] for row in data["points"]):
            if "-" not in variant:
                curve(axes, data["points"], variant)
        axes.set(xscale="log", ylim=(-0.02, 1), xlabel="learning rate", ylabel="exact JSON, dev", title=title)
        axes.legend(fontsize=8)
        axes.grid(alpha=0.3)
    return figure


def draw_starts() -> Figure:
    """前缀与软提示：从训练数据的词开始（实线），随机初始化（虚线）；纵轴是开发集的损失，准确率是 0 时也看得出差别。"""
    points = recorded("compare")["points"]
    figure = Figure(figsize=(8.5, 3.2), layout="constrained")
    starts = (("prefix", "activations"), ("prompt", "embeddings"))
    for axes, (method, start) in zip(figure.subplots(1, 2, sharey=True), starts):
        for variant, style, label in ((method, "o-", f"{start} of real tokens"), (f"{method}-random", "s--", "random")):
            rows = [row for row in points if row["variant"] == variant]
            x, y = [row["lr"] for row in rows], [row["eval_loss"] for row in rows]
            axes.plot(x, y, style, color=COLORS[method], label=label, ms=4)
        axes.set(xscale="log", yscale="log", xlabel="learning rate", ylabel="nats per answer token, dev", title=method)
        axes.legend(fontsize=8)
        axes.grid(alpha=0.3)
    return figure


def draw_costs() -> Figure:
    """左：训练的参数与测试集的准确率；右：无关文字的困惑度变成原来的几倍，随学习率。"""
    data = recorded("compare")
    rows = [row for row in data["rows"] if not row["variant"].endswith("-random")]
    figure = Figure(figsize=(9.5, 3.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    for row in rows:
        color, y = COLORS[row["variant"]], row["accuracy"]
        left.errorbar(row["trainable"], y, [[y - row["low"]], [row["high"] - y]], fmt="o", color=color, capsize=2)
        place = {"full": (-22, 4), "adapter": (-44, -2), "qlora": (6, -8)}.get(row["variant"], (6, 4))  # 挨得近的错开
        left.annotate(row["variant"], (row["trainable"], y), xytext=place, textcoords="offset points", fontsize=8)
    left.set(xscale="log", ylim=(-0.02, 1), xlabel="trainable parameters", ylabel="exact JSON, test")
    before = rows[0]["notes_before"]
    for variant in ("full", "adapter", "lora", "qlora", "prefix", "prompt"):
        points = [p for p in data["points"] if p["variant"] == variant and p["notes_after"]]
        ratio = [p["notes_after"] / before for p in points]
        right.plot([p["lr"] for p in points], ratio, "o-", color=COLORS[variant], label=variant, ms=4)
    right.set(xscale="log", yscale="log", xlabel="learning rate", ylabel="perplexity on notes, after / before")
    right.legend(fontsize=8)
    for axes in (left, right):
        axes.grid(alpha=0.3)
    return figure


FIGURES = {"compare_rates": draw_rates, "compare_starts": draw_starts, "compare_costs": draw_costs}


def main(argv=None) -> dict:
    return draw_all(__doc__, __file__, FIGURES, argv)


if __name__ == "__main__":
    run(main)
