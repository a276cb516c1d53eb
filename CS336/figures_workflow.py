"""画 `workflow.md` 的图：六组实验，每个种子一个点，线连平均。

怎么跑：`python CS336/figures_workflow.py`（5 秒），图写进 `CS336/figures/`；数据是 `results/experiments.json`。
"""

import json
from pathlib import Path

from book import Parser, common_options, emit_result, output_dir, repository_root, run, save_figure

FOLDER = repository_root() / "CS336"
LABELS = {
    "experiment_lr": "learning rate (peak)",
    "experiment_batch": "batch size (sequences, equal tokens)",
    "experiment_norm": "normalisation",
    "experiment_position": "position information",
    "experiment_ffn": "feed-forward (equal parameters)",
    "experiment_vocab": "vocabulary size (equal tokens)",
}


def draw_group(axes, rows: list[dict]) -> None:
    """一组：横轴是变体，纵轴是每字符比特。"""
    names = [row["variant"] for row in rows]
    for i, row in enumerate(rows):
        axes.plot([i] * len(row["values"]), row["values"], "o", color="C0", alpha=0.6)
    axes.plot(range(len(rows)), [row["bits_per_char"] for row in rows], "-", color="C1")
    axes.set_xticks(range(len(rows)), names)
    axes.set(xlabel=LABELS[f"experiment_{rows[0]['group']}"], ylabel="bits per character")
    axes.grid(alpha=0.3)


def draw_experiments(rows: list[dict], folder: Path) -> int:
    """每组一张图。"""
    from matplotlib.figure import Figure

    groups = {name: [row for row in rows if f"experiment_{row['group']}" == name] for name in LABELS}
    drawn = {name: chosen for name, chosen in groups.items() if chosen}
    for name, chosen in drawn.items():
        figure = Figure(figsize=(5, 3.2), layout="constrained")
        draw_group(figure.subplots(), chosen)
        save_figure(figure, folder / f"{name}.png")
    return len(drawn)


def main(argv=None) -> dict:
    parser = Parser(__doc__)
    common_options(parser, __file__)
    parser.set_defaults(out=FOLDER / "figures")
    out = output_dir(parser.parse_args(argv).out)
    record = json.loads((FOLDER / "results" / "experiments.json").read_text(encoding="utf-8"))
    return emit_result({"figures": draw_experiments(record["metrics"]["rows"], out)})


if __name__ == "__main__":
    run(main)
