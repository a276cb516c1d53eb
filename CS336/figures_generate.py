"""生成笔记的图：每种过滤留下什么、缓存省下哪些格子、重复随温度怎样变、窗口滑动之后差多少。

教什么：不教；图里的数来自被测的函数与 results/lab_generate.json。
怎么跑：`python CS336/figures_generate.py`（约 5 秒，写进 CS336/figures/）。
图内文字用英文：不依赖机器上有没有中文字体。
对应笔记：`Tokenization/generate.md`。
"""

import json
from pathlib import Path

import torch
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure

from book import Parser, common_options, emit_result, output_dir, run, save_figure
from CS336.Transformer.generate import next_token_logits

HERE = Path(__file__).parent
WORDS = 12
SURE = (0.62, 0.16, 0.08, 0.05, 0.03, 0.02, 0.012, 0.01, 0.007, 0.005, 0.004, 0.002)
UNSURE = (0.16, 0.14, 0.12, 0.11, 0.1, 0.09, 0.08, 0.07, 0.05, 0.04, 0.025, 0.015)


def recorded() -> dict:
    """`lab_generate.py` 的记录。"""
    return json.loads((HERE / "results" / "lab_generate.json").read_text(encoding="utf-8"))["metrics"]


def draw_filter(axes, probabilities, title: str, options: dict) -> None:
    """一格：虚框是原来的分布，实心是留下的（还没有归一化），叉掉的画成灰的。"""
    p = torch.tensor(probabilities)
    stays = next_token_logits(p.log(), **options).isfinite()
    colors = ["C0" if stay else "0.85" for stay in stays]
    axes.bar(range(WORDS), p.tolist(), color=colors)
    axes.set_title(f"{title}: {int(stays.sum())} left", fontsize=9)
    if "top_k" in options:
        axes.axvline(options["top_k"] - 0.5, color="C3", lw=1)
    if "top_p" in options:
        twin = axes.twinx()
        twin.plot(range(WORDS), p.cumsum(0).tolist(), "C1.-", lw=1, ms=4)
        twin.axhline(options["top_p"], color="C3", lw=1)
        twin.set(ylim=(0, 1.05), yticks=[0, options["top_p"], 1])
        twin.tick_params(labelsize=7)
    if "min_p" in options:
        axes.axhline(options["min_p"] * p.max().item(), color="C3", lw=1)


def draw_filters() -> Figure:
    """上：模型有把握；下：犹豫。第一列是温度，后三列是三种过滤，红线是界线。"""
    figure = Figure(figsize=(10, 4), layout="constrained")
    rows = figure.subplots(2, 4, sharex=True, sharey="row")
    cases = (("top-k 4", {"top_k": 4}), ("top-p 0.8", {"top_p": 0.8}), ("min-p 0.2", {"min_p": 0.2}))
    for axes_row, name, probabilities in zip(rows, ("sure", "unsure"), (SURE, UNSURE)):
        for T, style in ((0.5, "C2--"), (1.0, "k-"), (2.0, "C4--")):
            shown = next_token_logits(torch.tensor(probabilities).log(), temperature=T).softmax(-1)
            axes_row[0].plot(shown.tolist(), style, label=f"T = {T:g}", lw=1.2)
        axes_row[0].set_title("temperature: all 12 left", fontsize=9)
        axes_row[0].set_ylabel(name)
        for axes, (title, options) in zip(axes_row[1:], cases):
            draw_filter(axes, probabilities, title, options)
            axes.set_xticks([])
    rows[0][0].legend(fontsize=8)
    return figure


def draw_cache() -> Figure:
    """第 t 步（行）算了哪些位置（列），浅色是从缓存里读的；窗口 5 个，滑动之后整行重算。"""
    steps, window = 8, 5
    figure = Figure(figsize=(9, 3.2), layout="constrained")
    colors = ListedColormap(["white", "#cfe3f5", "#1f77b4"])  # 没有；读缓存；算
    for axes, name in zip(figure.subplots(1, 2), ("without cache", "with cache")):
        grid = torch.zeros(steps, steps)
        for t in range(steps):
            first = max(0, t + 1 - window)
            cached = name == "with cache" and first == 0
            grid[t, first : t + 1] = 1 if cached else 2
            grid[t, t] = 2
        axes.imshow(grid.tolist(), cmap=colors, vmin=0, vmax=2)
        axes.axhline(window - 0.5, color="C3", lw=1, ls="--")
        axes.set(title=f"{name}: {int((grid == 2).sum())} positions computed", xlabel="position", ylabel="step")
        axes.title.set_fontsize(10)
    return figure


def draw_settings() -> Figure:
    """重复、损失、不同的词随温度变；横线是真实的文字。"""
    rows = recorded()["settings"]
    real = rows[-1]
    plain = [row for row in rows if set(row) & {"temperature", "top_k", "top_p", "min_p"} == {"temperature"}]
    figure = Figure(figsize=(10, 2.9), layout="constrained")
    panels = (
        ("repeated", "repeated 4-grams"),
        ("bits_per_char", "own bits per character"),
        ("distinct", "distinct words"),
    )
    for axes, (key, title) in zip(figure.subplots(1, 3), panels):
        axes.plot([row["temperature"] for row in plain], [row[key] for row in plain], "o-", ms=4)
        axes.axhline(real[key], color="C3", ls="--", lw=1, label="real text")
        axes.set_title(title, fontsize=10)
        axes.set(xlabel="temperature", ylim=(0, None))
        axes.legend(fontsize=8)
    return figure


def draw_sliding() -> Figure:
    """窗口满了以后第几步，与重建的分布差多少（KL，对数轴）。"""
    curves = recorded()["sliding_curves"]
    figure = Figure(figsize=(6.5, 2.9), layout="constrained")
    axes = figure.subplots()
    for curve, label in zip(curves, ("positions keep counting", "position stuck at the last")):
        axes.plot(range(1, len(curve) + 1), curve, label=label, lw=1.2)
    axes.set(yscale="log", xlabel="tokens since the window is full", ylabel="KL from the rebuilt cache (nats)")
    axes.legend(fontsize=8)
    return figure


FIGURES = {
    "generate_filters": draw_filters,
    "generate_cache": draw_cache,
    "generate_settings": draw_settings,
    "generate_sliding": draw_sliding,
}


def main(argv=None) -> dict:
    parser = Parser(__doc__)
    common_options(parser, __file__)
    parser.set_defaults(out=HERE / "figures")
    out = output_dir(parser.parse_args(argv).out)
    for name, draw in FIGURES.items():
        save_figure(draw(), out / f"{name}.png")
        print(f"已画 {name}.png")
    return emit_result({"figures": len(FIGURES)})


if __name__ == "__main__":
    run(main)
