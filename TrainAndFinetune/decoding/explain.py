"""每一步的候选：模型原来给几成，每过一道过滤变成几成；印成表，画成图。

教什么：惩罚、温度、三种过滤各改动什么，一步一步看。
不教什么：过滤怎样实现（`filters.py`）。
怎么跑：`python TrainAndFinetune/generate.py --explain --figure`。
对应笔记：`3_generate.md`。
"""

from dataclasses import dataclass

import torch
from matplotlib.figure import Figure
from torch import Tensor

from TrainAndFinetune.decoding.filters import Filter, Sampling, penalize

CELL = 12  # 表里一栏的宽度


@dataclass(frozen=True)
class Stage:
    """一道过滤之后：名字、还剩几个词元、各个候选的概率（与 `Step.candidates` 对应）。"""

    name: str
    left: int
    probs: list[float]


@dataclass(frozen=True)
class Step:
    """一步：概率最大的几个候选，与它们在各道过滤之后的概率。"""

    candidates: list[int]
    stages: list[Stage]


def explain_step(logits: Tensor, sampling: Sampling, seen: list[int], count: int = 6) -> Step:
    """logits (V,)，已有的编号 seen -> 一步的解释；候选是任何一道之后排过前 count 名的，按最后的概率排。

    >>> step = explain_step(torch.tensor([2.0, 1.0, 0.0]), Sampling(temperature=1.0, top_k=2), [], count=2)
    >>> step.candidates, [(s.name, s.left) for s in step.stages]
    ([0, 1], [('model', 3), ('top-k 2', 2)])
    """
    steps: list[tuple[str, Filter]] = sampling.filters()
    if sampling.repetition_penalty != 1:
        ids, penalty = torch.tensor(seen, device=logits.device), sampling.repetition_penalty
        steps = [(f"penalty {penalty:g}", lambda z: penalize(z, ids, penalty)), *steps]
    results = [("model", logits.softmax(-1))]
    for name, step in steps:
        logits = step(logits)
        results.append((name, logits.softmax(-1)))
    first, last = results[0][1], results[-1][1]
    shown = set(last.topk(min(count, len(last))).indices.tolist()) | {first.argmax().item()}
    order = sorted(shown, key=lambda i: (-last[i].item(), -first[i].item(), i))
    return Step(order, [Stage(name, int((p > 0).sum()), p[order].tolist()) for name, p in results])


def table(step: Step, names: list[str], chosen: int) -> list[str]:
    """一步印成几行：候选一行一个，最后一行是还剩几个词元；选中的标出来。"""
    width = max([12, *(len(name) for name in names)]) + 2
    lines = [" " * width + "".join(f"{stage.name:>{CELL + 4}}" for stage in step.stages)]
    for row, (token, name) in enumerate(zip(step.candidates, names)):
        probs = "".join(f"{stage.probs[row]:>{CELL + 4}.4f}" for stage in step.stages)
        lines.append(f"{name:<{width}}{probs}" + ("  <- 选中" if token == chosen else ""))
    return [*lines, f"{'left':<{width}}" + "".join(f"{stage.left:>{CELL + 4}}" for stage in step.stages)]


def ascii_label(text: str, token: int) -> str:
    """图里的名字：看得见的 ASCII 写成 repr，别的写编号（机器上不一定有中文字体）。

    >>> ascii_label(" the", 5), ascii_label("你", 7)
    ("' the'", '#7')
    """
    return repr(text).replace("$", r"\$") if text and text.isascii() else f"#{token}"


def draw(steps: list[Step], chosen: list[int], labels: list[list[str]], most: int = 6) -> Figure:
    """前 most 步，一步一格：横条是概率，一种颜色一道过滤；选中的候选名字前有星号。"""
    steps = steps[:most]
    columns = min(3, len(steps))
    rows = -(-len(steps) // columns)
    figure = Figure(figsize=(4.2 * columns, 2.9 * rows), layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False).flatten()
    for n, (axes, step) in enumerate(zip(grid, steps)):
        height = 0.8 / len(step.stages)
        for k, stage in enumerate(step.stages):
            places = [row + k * height for row in range(len(step.candidates))]
            axes.barh(places, stage.probs, height=height, label=f"{stage.name} ({stage.left:,} left)", color=f"C{k}")
        names = [("* " if token == chosen[n] else "") + name for token, name in zip(step.candidates, labels[n])]
        axes.set_yticks([row + 0.4 - height / 2 for row in range(len(names))], names, fontsize=8)
        axes.invert_yaxis()
        axes.set_title(f"step {n + 1}", fontsize=9)
        axes.set_xlim(0, 1)
        axes.legend(fontsize=6, loc="lower right")
    for axes in grid[len(steps) :]:
        axes.set_axis_off()
    return figure
