"""考什么：每一组从哪种能力、哪一类里出题，给基座看的例子从训练集的哪里挑，答案至多写多长。

教什么：分组报告，不混成一个平均数；例子与题目隔开——题目来自开发集或测试集，例子只来自训练集。
不教什么：怎样问模型（`systems.py`）、怎样评分（`scoring.py`）。
不是脚本，由 `evaluate_assistant.py` 导入。不导入 torch。对应笔记：`assistant.md`「评估」。
"""

import math
from dataclasses import dataclass

from TrainAndFinetune.assistant import gold, make_dialogues
from TrainAndFinetune.assistant.scoring import answer_text
from TrainAndFinetune.tuning.chat import render

SHOTS = 3  # 给基座看几个例子
SHOT_SEED = 31
CANDIDATES = 20  # 从这么多段里按长短挑，不挑最短的
MEASURED = 200  # 答案的上限看这么多道题，与实际考几道无关：改 --n 不会让答过的作废


@dataclass(frozen=True)
class Group:
    """一组题：名字、能力、几类（`make_dialogues` 的选项，轮流出题）。"""

    name: str
    ability: str
    options: tuple[dict, ...] = ({},)


GROUPS = (
    Group("grounded_answer", "grounded", ({"kind": "answer"},)),
    Group("grounded_absent", "grounded", ({"kind": "absent"},)),
    Group("grounded_multi", "grounded", ({"kind": "entities"}, {"kind": "attributes"})),
    Group("tools_seen", "tools", ({"kind": "call", "fresh": False},)),
    Group("tools_unseen", "tools", ({"kind": "call", "fresh": True},)),
    Group("tools_no_call", "tools", ({"kind": "none"}, {"kind": "missing"})),
    Group("react", "react"),
    Group("extract", "extract"),
    Group("rewrite", "rewrite"),
    Group("summary", "summary"),
    Group("plan", "plan"),
    Group("chat", "chat"),
)


def of_ability(ability: str) -> list[Group]:
    return [group for group in GROUPS if group.ability == ability]


def share(group: Group, n: int) -> int:
    """一种能力 n 题，平分给它的几组，除不尽就多考。

    >>> share(GROUPS[0], 200), share(GROUPS[6], 200)
    (67, 200)
    """
    return math.ceil(n / len(of_ability(group.ability)))


def make_items(group: Group, split: str, n: int, seed: int) -> list[dict]:
    """一组的 n 道题，几类轮流；n 小的是 n 大的开头几道，所以基座与助手考的是同样的题。"""
    each = math.ceil(n / len(group.options))
    kinds = [make_dialogues(split, group.ability, each, seed, **options) for options in group.options]
    return [row for rows in zip(*kinds) for row in rows][:n]


def pick_shots(group: Group, mixed: bool = False) -> list[dict]:
    """给基座看的例子，取自训练集，一段短的、一段中等的、一段长的。

    默认与题目同一类：拒答题的例子全是拒答，等于告诉了它答案，基座占便宜。mixed 时取这种能力的各类，
    题目是哪一类要它自己看出来，与实际使用时一样。
    """
    options = [o for g in of_ability(group.ability) for o in g.options[:1]] if mixed else group.options
    shots = []
    for i in range(SHOTS):
        kind = {key: value for key, value in options[i % len(options)].items() if key != "fresh"}
        rows = make_dialogues("train", group.ability, CANDIDATES, SHOT_SEED, **kind)
        rows.sort(key=lambda row: len(render(row["messages"], row.get("tools"))))
        shots.append(rows[CANDIDATES * (i + 1) // (SHOTS + 1)])
    return shots


def answer_limit(group: Group, split: str, seed: int, tokenizer) -> int:
    """答案至多几个词元：最长的标准答案的两倍加 16，够写错，也够看出它停不停。"""
    rows = make_items(group, split, MEASURED, seed)
    return 2 * max(len(tokenizer(answer_text(gold(row)), add_special_tokens=False).input_ids) for row in rows) + 16
