"""问法表：每个集合一张，`意图 -> 模板`。测试集的没写完之前，测试集造不出来。

教什么：按说法划分。训练、开发、测试的句式各由各的表来，测试集的表由没看过训练集的人写。
不教什么：模板怎样展开（`wording.py`）。
不是脚本。对应笔记：`assistant.md`。
"""

import random
from functools import cache

from book import UserError
from TrainAndFinetune.assistant import phrases_dev, phrases_test, phrases_train, wording
from TrainAndFinetune.assistant.entities import check_split

PARTICLES = tuple("吗呢吧啊呀来")
MODULES = {"train": phrases_train, "dev": phrases_dev, "test": phrases_test}


@cache
def table(split: str) -> dict[str, tuple[str, ...]]:
    """一个集合的问法：意图 -> 模板。测试集标着“没写完”就抛 UserError。"""
    check_split(split)
    module = MODULES[split]
    if not module.COMPLETE:
        where = f"assistant/{module.__name__.rpartition('.')[2]}"
        raise UserError(
            f"{split} 集的问法还没写完：{where} 里 COMPLETE = False；由没看过训练集问法的人写完，再改成 True"
        )
    made = {intent: lines(text) for intent, text in module.TABLE.items()}
    from TrainAndFinetune.assistant.intents import problems  # 它要用生成器，生成器要用本模块

    if found := problems(split, made):
        raise UserError(f"{split} 集的问法有 {len(found)} 处不对，第一处：{found[0]}")
    return made


def lines(text: str) -> tuple[str, ...]:
    """一行一个模板；空行不算，首尾的换行不算（行里的空格留着）。"""
    return tuple(line for line in text.split("\n") if line.strip())


def templates(split: str, intent: str) -> tuple[str, ...]:
    """一个意图的模板；没有就抛 KeyError，说出是哪个集合的哪个意图。"""
    found = table(split).get(intent, ())
    if not found:
        raise KeyError(f"{split} 集没有意图 {intent} 的问法")
    return found


def say(split: str, intent: str, values: dict, generator: random.Random) -> str:
    """一个意图的一句话，填好槽位；模板要的槽位 values 里都得有。"""
    usable = [line for line in templates(split, intent) if set(wording.slots_of(line)) <= set(values)]
    return wording.fill(wording.pick(usable, generator), values)


def dress(core: str, split: str, generator: random.Random, opener: str = "opener") -> str:
    """加上开头与结尾；偶尔用半角标点，偶尔全去掉标点。"""
    text = wording.pick(templates(split, opener), generator) + core
    if text[-1] not in "？?。！":
        end = wording.pick(templates(split, "closer"), generator)
        text += "？" if text[-1] in PARTICLES and end[:1] in PARTICLES else end  # 不写“吗呢”
    chance = generator.random()
    if chance < 0.06:
        return text.translate(str.maketrans("，？！：", ",?!:"))
    if chance < 0.12:
        return text.translate(str.maketrans("，？。", "   ")).strip()
    return text
