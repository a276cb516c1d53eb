"""画 `4_full.md` 的图：几种错法的成绩，学习率与遗忘。

怎么跑：`python TrainAndFinetune/figures_full.py`（5 秒），图写进 `figures/`；数据是 `results/4_full.json`。
"""

import json
from pathlib import Path

from book import Parser, common_options, emit_result, output_dir, repository_root, run, save_figure

FOLDER = repository_root() / "TrainAndFinetune"
LABELS = {"good": "correct", "no_end": "end token\nnot trained", "on_prompt": "prompt\ntrained too"}
TEMPLATES = {
    "no_newline": "no newline\nafter 'model'",
    "no_bos": "no <bos>",
    "two_turns": "an extra\nuser turn",
    "other_template": "another\ntemplate",
    "plain": "no\ntemplate",
}


def draw_damage(axes, metrics: dict) -> None:
    """每种错法两根柱：准确率，自己停下的比例。"""
    groups = {label: metrics[name] for name, label in LABELS.items()}
    groups |= {label: metrics["mismatch"][name] for name, label in TEMPLATES.items()}
    places = range(len(groups))
    axes.bar([x - 0.2 for x in places], [g["accuracy"] for g in groups.values()], 0.4, label="accuracy")
    axes.bar([x + 0.2 for x in places], [g["stops"] for g in groups.values()], 0.4, label="stops by itself")
    axes.set_xticks(list(places), list(groups), fontsize=8)
    axes.set(ylabel="share of unseen questions", ylim=(0, 1.25))
    axes.legend(loc="upper right", ncols=2)


def draw_rates(axes, metrics: dict) -> None:
    """横轴学习率，左轴准确率，右轴不相干文字的困惑度。"""
    rates = [row["lr"] for row in metrics["rates"]]
    axes.semilogx(rates, [row["accuracy"] for row in metrics["rates"]], "o-", color="C0")
    axes.set(xlabel="learning rate (peak)", ylabel="accuracy on the task", ylim=(0, 1.05))
    axes.yaxis.label.set_color("C0")
    right = axes.twinx()
    right.loglog(rates, [row["perplexity"] for row in metrics["rates"]], "s--", color="C3")
    right.axhline(metrics["base"]["perplexity"], color="gray", linewidth=0.8)
    right.plot([1e-3], [metrics["replay"]["perplexity"]], "*", color="C2", markersize=12, label="with replay")
    right.set_ylabel("perplexity of unrelated text", color="C3")
    right.legend(loc="upper left")


def main(argv=None) -> dict:
    from matplotlib.figure import Figure

    parser = Parser(__doc__)
    common_options(parser, __file__)
    parser.set_defaults(out=FOLDER / "figures")
    out = output_dir(Path(parser.parse_args(argv).out))
    metrics = json.loads((FOLDER / "results" / "4_full.json").read_text(encoding="utf-8"))["metrics"]
    for name, draw, width in (("full_damage", draw_damage, 8.5), ("full_rates", draw_rates, 5.5)):
        figure = Figure(figsize=(width, 3.4), layout="constrained")
        draw(figure.subplots(), metrics)
        save_figure(figure, out / f"{name}.png")
    return emit_result({"figures": 2})


if __name__ == "__main__":
    run(main)
