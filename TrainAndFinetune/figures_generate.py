"""生成笔记的图：缓存的格子与掩码、每步的候选怎样一道一道地变、写错的循环损失多少。

教什么：不教；掩码由被测的 `KVCache.mask` 给，数来自 results/3_generate.json。
怎么跑：`python TrainAndFinetune/figures_generate.py`（约 5 秒，写进 TrainAndFinetune/figures/）。
图内文字用英文：不依赖机器上有没有中文字体。
对应笔记：`3_generate.md`。
"""

import json
from pathlib import Path

import torch
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from transformers import Gemma3TextConfig

from book import run
from TrainAndFinetune.decoding.explain import Stage, Step, draw
from TrainAndFinetune.decoding.kv_cache import KVCache
from TrainAndFinetune.drawing import draw_all

HERE = Path(__file__).parent
SHAPE = {"num_hidden_layers": 1, "num_key_value_heads": 1, "head_dim": 2, "sliding_window": 4}
# (题目, 写了几格, 又喂几个, 滑动窗口, 左边填充)
PANELS = (
    ("prefill 7, full layer", 0, 7, False, None),
    ("prefill 7, window 4", 0, 7, True, None),
    ("decode 1 after 7, window 4", 7, 1, True, None),
    ("verify 3 drafts after 5, full", 5, 3, False, None),
    ("prefill 7, 2 left pads", 0, 7, False, 2),
)


def recorded() -> dict:
    """`3_generate.py --full` 的记录。"""
    return json.loads((HERE / "results" / "3_generate.json").read_text(encoding="utf-8"))["metrics"]


def seen(filled: int, count: int, sliding: bool, padding: int | None) -> torch.Tensor:
    """(count, filled + count)：1 看得见，0 看不见；注意力不读的格也是 0。"""
    cache = KVCache(Gemma3TextConfig(**SHAPE), 1, filled + count)
    cache.truncate(filled)
    cache.padding = None if padding is None else torch.tensor([padding])
    mask, first = cache.mask(count, sliding), cache.first_column(filled, sliding)
    if mask is None:  # 不用掩码：一个词元看得见读到的全部，几个词元是普通的下三角
        mask = torch.ones(count, filled + count - first).tril(filled - first).bool()[None, None]
    return torch.cat([torch.zeros(count, first), mask[0, 0].float()], dim=1)


def draw_masks() -> Figure:
    """每格一种情形：行是新喂的词元，列是缓存的格子，深色看得见。"""
    figure = Figure(figsize=(11, 2.7), layout="constrained")
    for axes, (title, *case) in zip(figure.subplots(1, len(PANELS)), PANELS):
        grid = seen(*case)
        axes.imshow(grid.tolist(), cmap=ListedColormap(["#eeeeee", "#1f77b4"]), vmin=0, vmax=1)
        axes.set_xticks([x - 0.5 for x in range(1, grid.shape[1])], minor=True)
        axes.set_yticks([y - 0.5 for y in range(1, grid.shape[0])], minor=True)
        axes.grid(which="minor", color="white", lw=1)
        axes.tick_params(which="minor", length=0)
        axes.set_yticks(range(grid.shape[0]), [str(case[0] + t) for t in range(grid.shape[0])])
        axes.set_title(title, fontsize=8)
        axes.set_xlabel("cell", fontsize=8)
    return figure


def draw_explain() -> Figure:
    """记录下来的三步：每道过滤之后，候选各有几成。"""
    rows = recorded()["explain"]
    steps = [Step(row["candidates"], [Stage(**stage) for stage in row["stages"]]) for row in rows]
    return draw(steps, [row["chosen"] for row in rows], [row["labels"] for row in rows])


def draw_wrong() -> Figure:
    """左：写错的循环，KL（对数轴）；右：第一名还相同的比例；填充的两种写错也在里面。"""
    metrics = recorded()
    rows = metrics["sessions"] + [row for row in metrics["padding"] if row["name"] in ("no mask", "right padding")]
    names = [row["name"] for row in rows]
    figure = Figure(figsize=(9, 2.9), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    left.barh(names, [row["kl"] for row in rows], color="C3")
    left.set(xscale="log", xlabel="KL from the right distribution (nats)")
    right.barh(names, [row["agree"] for row in rows], color="C0")
    right.set(xlim=(0, 1), xlabel="share of steps with the same top token")
    left.invert_yaxis()
    return figure


FIGURES = {"generate_masks": draw_masks, "generate_explain": draw_explain, "generate_wrong": draw_wrong}


def main(argv=None) -> dict:
    return draw_all(__doc__, __file__, FIGURES, argv)


if __name__ == "__main__":
    run(main)
