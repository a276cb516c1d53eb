"""画 `9_preference.md` 的图：DPO 的损失与概率，GRPO 的奖励、KL、长度，漏的检查器，三种分法的权重。

教什么：不教；图里的数来自 results/preference_dpo.json、preference_grpo*.json 与被测的函数。
怎么跑：`python TrainAndFinetune/preference/figures_preference.py`（约 5 秒，写进 TrainAndFinetune/figures/）。
图内文字用英文：不依赖机器上有没有中文字体。
对应笔记：`9_preference.md`。
"""

import json
from pathlib import Path

import torch
from matplotlib.figure import Figure

from book import run
from TrainAndFinetune.drawing import draw_all
from TrainAndFinetune.preference.grpo import k3

CHAPTER = Path(__file__).parent.parent
ENGLISH = {
    "DPO，β = 0.1": "DPO, beta 0.1",
    "DPO，β = 0.3": "DPO, beta 0.3",
    "DPO，β = 1": "DPO, beta 1",
    "只用交叉熵": "cross entropy only",
    "DPO + 交叉熵": "DPO + cross entropy",
    "DPO + 交叉熵，三轮": "DPO + cross entropy, 3 rounds",
    "符号写反": "sign flipped",
    "GRPO": "GRPO",
    "Dr. GRPO": "Dr. GRPO",
    "β = 0": "beta 0",
    "β = 0.2": "beta 0.2",
    "不减组平均": "no baseline",
    "不减组平均，奖励加 1": "no baseline, reward + 1",
    "漏的检查器": "leaky checker",
    "漏的检查器，β = 0.5": "leaky checker, beta 0.5",
}


def recorded(*names: str) -> dict:
    """几次记录的 metrics，变体合在一起；它们的步数相同。"""
    files = [CHAPTER / "results" / f"preference_{name}.json" for name in names]
    found = [json.loads(file.read_text(encoding="utf-8"))["metrics"] for file in files]
    return found[0] | {"variants": [row for metrics in found for row in metrics["variants"]]}


def draw_curves(record: dict, names: list[str], panels: dict[str, str], width: float = 10) -> Figure:
    """一格一个量，一条线一个变体（几个种子的平均），横轴是步数。"""
    figure = Figure(figsize=(width, 3), layout="constrained")
    for axes, (key, title) in zip(figure.subplots(1, len(panels)), panels.items()):
        for row in record["variants"]:
            if row["name"] in names:
                axes.plot(record["steps"], row["curves"][key], ".-", lw=1.2, label=ENGLISH[row["name"]])
        axes.set_title(title, fontsize=10)
        axes.set_xlabel("step")
        axes.grid(alpha=0.3)
    figure.axes[0].legend(fontsize=7)
    return figure


def draw_dpo() -> Figure:
    """三个 β：损失、对的与错的答案的概率、准确率。"""
    panels = {"loss": "DPO loss", "chosen": "log p(right) - reference", "accuracy": "held-out accuracy"}
    return draw_curves(recorded("dpo"), [f"DPO，β = {b}" for b in ("0.1", "0.3", "1")], panels)


def draw_dpo_variants() -> Figure:
    """怎样救：加交叉熵、重新写答案；符号写反。"""
    names = ["DPO，β = 0.3", "只用交叉熵", "DPO + 交叉熵", "DPO + 交叉熵，三轮", "符号写反"]
    panels = {"accuracy": "held-out accuracy", "rejected": "log p(wrong) - reference", "kl": "KL to reference (nats)"}
    return draw_curves(recorded("dpo"), names, panels)


def draw_grpo() -> Figure:
    """正常的与改了一处的：奖励、准确率、KL。"""
    names = ["GRPO", "Dr. GRPO", "β = 0", "β = 0.2", "不减组平均", "不减组平均，奖励加 1"]
    panels = {"reward": "held-out reward (sampled)", "accuracy": "held-out accuracy (greedy)", "kl": "KL (nats)"}
    return draw_curves(recorded("grpo", "grpo_kl", "grpo_baseline"), names, panels)


def draw_leaky() -> Figure:
    """漏的检查器：它给的奖励升，真的奖励降，答案变长。"""
    names = ["GRPO", "漏的检查器", "漏的检查器，β = 0.5"]
    panels = {"leaky": "leaky reward", "reward": "true reward", "length": "answer length (tokens)"}
    return draw_curves(recorded("grpo", "grpo_leaky"), names, panels)


def draw_losses() -> Figure:
    """左：DPO 的损失与它的斜率；右：一个词元的 KL 的两种估计。"""
    figure = Figure(figsize=(9, 3), layout="constrained")
    left, right = figure.subplots(1, 2)
    margin = torch.linspace(-6, 6, 200)
    left.plot(margin, -torch.nn.functional.logsigmoid(margin), label="loss")
    left.plot(margin, torch.sigmoid(-margin), "--", label="weight of the pair, sigma(-margin)")
    left.plot(0, torch.tensor(2.0).log(), "ko", ms=4, label="start: ln 2")
    left.set(xlabel="margin (reward of chosen - rejected)")
    d = torch.linspace(-2, 2, 200)  # ln π_ref - ln π
    right.plot(d, -d, label="k1 = -d")
    right.plot(d, k3(torch.zeros(()), d), label="k3 = exp(d) - d - 1")
    right.set(xlabel="d = log p_ref - log p, one token")
    for axes in (left, right):
        axes.legend(fontsize=8)
        axes.grid(alpha=0.3)
    return figure


FIGURES = {
    "preference_losses": draw_losses,
    "preference_dpo": draw_dpo,
    "preference_dpo_variants": draw_dpo_variants,
    "preference_grpo": draw_grpo,
    "preference_leaky": draw_leaky,
}


def main(argv=None) -> dict:
    return draw_all(__doc__, __file__, FIGURES, argv)


if __name__ == "__main__":
    run(main)
