"""造对话的入口：一个集合、一种能力、n 段、一个种子。

教什么：同样的参数永远是同样的对话；同一种能力里没有两段相同的题。
不教什么：每种能力怎么造（各自的模块）。
不是脚本；`from TrainAndFinetune.assistant import make_dialogues`。对应笔记：`assistant.md`。
"""

import json
import random
from collections.abc import Callable

from book import UserError
from TrainAndFinetune.assistant import chat, extract, grounded, plan, react, rewrite, summary, tools
from TrainAndFinetune.assistant.entities import check_split

MAKERS: dict[str, Callable] = {
    "chat": chat.make,
    "grounded": grounded.make,
    "tools": tools.make,
    "react": react.make,
    "extract": extract.make,
    "rewrite": rewrite.make,
    "summary": summary.make,
    "plan": plan.make,
}
ABILITIES = tuple(MAKERS)
MOST_REPEATS = 200
# 默认的训练集：每种能力几段
MIX = {
    "chat": 600,
    "grounded": 2350,
    "tools": 1050,
    "react": 500,
    "extract": 550,
    "rewrite": 550,
    "summary": 250,
    "plan": 250,
}


def question_of(dialogue: dict) -> str:
    """除了最后的答案以外的全部。"""
    return json.dumps([dialogue["messages"][:-1], dialogue.get("tools")], ensure_ascii=False)


def make_dialogues(split: str, ability: str, n: int, seed: int = 0, **options) -> list[dict]:
    """split（train、dev、test）的 n 段 ability 对话，题目各不相同；造不出这么多就抛 UserError。

    options 只要其中一组：grounded 的 kind（answer、absent、entities、attributes），tools 与 react 的 kind
    （call、none、missing…；one、chain…）和 fresh（True 只考没见过的工具，False 只考见过的）。

    >>> made = make_dialogues("train", "rewrite", 2)
    >>> made == make_dialogues("train", "rewrite", 2), made[0]["messages"][-1]["role"]
    (True, 'assistant')
    """
    check_split(split)
    if ability not in MAKERS:
        raise UserError(f"ability={ability!r}，只有 {'、'.join(ABILITIES)}")
    chosen = "".join(f" {key}={value}" for key, value in sorted(options.items()))
    generator, made = random.Random(f"{split} {ability} {seed}{chosen}"), {}
    repeats = 0  # 一连这么多次都是造过的，就是造完了
    while len(made) < n and repeats < MOST_REPEATS:
        dialogue = MAKERS[ability](split, generator, **options)
        question = question_of(dialogue)
        repeats = repeats + 1 if question in made else 0
        made.setdefault(question, dialogue)
    if len(made) < n:
        raise UserError(f"{split} 的 {ability} 只造得出 {len(made)} 段不同的题，要 {n} 段；减少 n")
    return list(made.values())


def make_mix(split: str, counts: dict[str, int], seed: int = 0) -> list[dict]:
    """几种能力的对话，打乱次序。"""
    rows = [row for ability, n in counts.items() for row in make_dialogues(split, ability, n, seed)]
    random.Random(f"{split} mix {seed}").shuffle(rows)
    return rows
