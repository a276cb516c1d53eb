"""笔记 3 的图：24 层各层的梯度；三种写法、有无预热的准确率。

怎么跑：`python Transformer/figures_layers.py`（约 4 秒，写进 Transformer/figures/）。
画的是 Transformer/results/3_layers.json 里记录的结果。
图内文字用英文：不依赖机器上有没有中文字体。
"""

import json
from pathlib import Path

from matplotlib.figure import Figure

from book import Parser, common_options, emit_result, output_dir, run, save_figure

HERE = Path(__file__).parent
LABELS = {"post": "post-norm", "pre": "pre-norm", "none": "no residual"}


def draw(metrics: dict) -> Figure:
    """左：初始化时每层的梯度长度；右：训练后的准确率，点是中位数，线是种子的范围。"""
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
    title = f"{metrics['depth']} layers, {metrics['steps']} steps, {metrics['seeds']} seeds"
    right.set(ylabel="accuracy", ylim=(0, 1.05), title=title)
    return figure


def main(argv=None) -> dict:
    parser = Parser(__doc__)
    common_options(parser, script=__file__)
    parser.set_defaults(out=HERE / "figures")
    args = parser.parse_args(argv)
    out = output_dir(args.out)
    record = json.loads((HERE / "results" / "3_layers.json").read_text(encoding="utf-8"))
    save_figure(draw(record["metrics"]), out / "3_layers.png")
    print("已画 3_layers.png")
    return emit_result({"figures": 1})


if __name__ == "__main__":
    run(main)
