"""训练报告：曲线图、混淆矩阵图、每类准确率、CSV 与 JSON 日志。

教什么：训练之后该看哪几样东西。不教什么：matplotlib 的用法。
怎么跑：被 `train.py` 使用；`python ResNet/report.py --smoke` 画两张假数据的图（3 秒）。
对应笔记：`3_training.md`。
"""

from pathlib import Path

import torch
from torch import Tensor

from book import Parser, common_options, emit_result, output_dir, run, save_figure, write_logs


def confusion_matrix(labels: Tensor, predictions: Tensor, num_classes: int) -> Tensor:
    """(N,) 与 (N,) -> (K, K) 计数：第 i 行第 j 列是"真的是 i、猜成 j"的张数，对角线是猜对的。

    >>> confusion_matrix(torch.tensor([0, 0, 1]), torch.tensor([0, 1, 1]), 2).tolist()
    [[1, 1], [0, 1]]
    """
    flat = labels * num_classes + predictions  # 把 (i, j) 编成一个整数，bincount 一次数完
    return torch.bincount(flat, minlength=num_classes**2).view(num_classes, num_classes)


def per_class_accuracy(matrix: Tensor) -> list[float]:
    """混淆矩阵 (K, K) -> 每类的准确率；某类没有测试图时为 0。"""
    return (matrix.diagonal() / matrix.sum(dim=1).clamp(min=1)).tolist()


def draw_curves(histories: dict[str, list[dict]], path: Path, key: str = "acc") -> None:
    """每个模型两条曲线：训练（虚线）与测试（实线）。key 是 "acc"、"loss" 或 "error"。"""
    from matplotlib.figure import Figure  # 不用 pyplot：没有屏幕的机器也能画

    figure = Figure(figsize=(6.4, 4), layout="constrained")
    axes = figure.subplots()
    for i, (name, history) in enumerate(histories.items()):
        for part, style in (("train", "--"), ("test", "-")):
            rows = [row for row in history if f"{part}_{key}" in row]
            axes.plot(
                [row["epoch"] for row in rows],
                [row[f"{part}_{key}"] for row in rows],
                style,
                color=f"C{i}",
                label=f"{name} {part}",
            )
    axes.set(xlabel="epoch", ylabel=key)
    axes.grid(alpha=0.3)
    axes.legend()
    save_figure(figure, path)


def draw_confusion(matrix: Tensor, classes: list[str], path: Path) -> None:
    """混淆矩阵热图：颜色按行归一（每类占比），数字是张数；超过 20 类不写数字。"""
    from matplotlib.figure import Figure

    K = len(classes)
    figure = Figure(figsize=(2 + 0.42 * min(K, 30), 1.6 + 0.42 * min(K, 30)), layout="constrained")
    axes = figure.subplots()
    shares = matrix / matrix.sum(dim=1, keepdim=True).clamp(min=1)
    axes.imshow(shares.numpy(), cmap="Blues", vmin=0, vmax=1)
    axes.set(xlabel="predicted", ylabel="true", xticks=range(K), yticks=range(K))
    axes.set_xticklabels(classes, rotation=90)
    axes.set_yticklabels(classes)
    if K <= 20:
        for i, row in enumerate(matrix.tolist()):
            for j, count in enumerate(row):
                color = "white" if count > 0.5 * sum(row) else "black"
                axes.text(j, i, str(count), ha="center", va="center", fontsize=7, color=color)
    save_figure(figure, path)


def main(argv=None) -> dict:
    parser = Parser(__doc__)
    common_options(parser, __file__)
    out = output_dir(parser.parse_args(argv).out)
    history = [{"epoch": e, "train_acc": 1 - 0.5**e, "test_acc": 0.95 - 0.5**e} for e in range(1, 6)]
    draw_curves({"demo": history}, out / "curves.png")
    matrix = confusion_matrix(torch.tensor([0, 0, 1, 2]), torch.tensor([0, 1, 1, 2]), 3)
    draw_confusion(matrix, ["cat", "dog", "fox"], out / "confusion.png")
    write_logs(history, {"model": "demo"}, out)
    return emit_result({"files": len(list(out.glob("*.*")))})


if __name__ == "__main__":
    run(main)
