"""本地部署的图：NF4 的 16 个值落在正态曲线的哪里；每种格式的位数与损失。

怎么跑：`python TrainAndFinetune/figures_deploy.py`（约 3 秒，写进 TrainAndFinetune/figures/）。
右图画的是 TrainAndFinetune/results/1_deploy.json 里记录的结果。
图内文字用英文：不依赖机器上有没有中文字体。
"""

import json
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from book import Parser, common_options, emit_result, output_dir, run, save_figure
from TrainAndFinetune.quantization.nf4 import LEVELS

HERE = Path(__file__).parent


def levels() -> Figure:
    """左：正态曲线与 NF4、等距的 4 位；右：损失随每个权重的位数。"""
    rows = json.loads((HERE / "results" / "1_deploy.json").read_text(encoding="utf-8"))["metrics"]["loss"]
    figure = Figure(figsize=(9.5, 3.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    x = np.linspace(-1.1, 1.1, 300)
    spread = 0.54  # 最大的分位数归一化成 1，所以一个标准差是 1 / 1.848
    left.plot(x, np.exp(-((x / spread) ** 2) / 2), color="0.6")
    left.vlines(LEVELS.tolist(), 0, np.exp(-((LEVELS.numpy() / spread) ** 2) / 2), color="C0", label="NF4")
    left.plot(np.arange(-7, 8) / 7, np.full(15, -0.06), "C1|", ms=9, label="evenly spaced")
    left.set(xlabel="weight / largest in its block", ylabel="normal density (scaled)", ylim=(-0.15, 1.1))
    left.legend(fontsize=8)
    for row in rows[1:]:
        right.plot(row["bits"], row["loss"], "s" if "embedding" in row["format"] else "o")
        right.annotate(row["format"], (row["bits"], row["loss"]), xytext=(5, 3), textcoords="offset points", fontsize=8)
    right.axhline(rows[0]["loss"], color="0.6", ls=":", label="before")
    right.set(xlabel="bits per weight (layers only)", ylabel="loss per token (nats)", xlim=(3.9, 9.5))
    right.legend(fontsize=8)
    return figure


def main(argv=None) -> dict:
    parser = Parser(__doc__)
    common_options(parser, __file__)
    parser.set_defaults(out=HERE / "figures")
    args = parser.parse_args(argv)
    save_figure(levels(), output_dir(args.out) / "1_quantization.png")
    return emit_result({"figures": 1})


if __name__ == "__main__":
    run(main)
