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

LIKE = 0.6  # 比这更像训练集的说法，不进开发集与测试集
# 标点、连接词、系统提示这些，三个集合可以相同
COMMON = ("opener", "opener.grounded", "closer", "join", "extract.join", "rewrite.lead", "system", "noise", "say")
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
    if split == "train":
        return made
    kept = {intent: apart(intent, lines) for intent, lines in made.items()}
    if empty := [intent for intent, lines in kept.items() if not lines]:
        raise UserError(f"{split} 集的 {empty[0]} 每一句都与训练集的相近，没有剩下的；再写几句不同的")
    return kept


def skeleton(template: str) -> str:
    """槽位缩成一个字，不同的槽位是不同的字：比较两句话像不像时，槽位名的长短不算。"""
    return wording.PLACE.sub(lambda match: chr(0xE000 + sum(map(ord, match[1])) % 6000), template)


@cache
def training_pieces(intent: str) -> list[set[str]]:
    """训练集一个意图的全部说法，各自的片段。"""
    ways = [way for line in table("train").get(intent, ()) for way in wording.expansions(line)]
    return [wording.shingles(skeleton(way), 2) for way in ways]


def apart(intent: str, lines: tuple[str, ...]) -> tuple[str, ...]:
    """展开留出的说法，去掉与训练集相近的：两个人各写各的，也会写出同一句话，那样的就不算没见过。"""
    if intent in COMMON:
        return lines
    ways = [way for line in lines for way in wording.expansions(line)]
    return tuple(way for way in ways if closest(intent, way) <= LIKE)


def closest(intent: str, way: str) -> float:
    """一句留出的话与训练集里最像的一句有多像（二字片段的 Jaccard 相似度）。"""
    pieces = wording.shingles(skeleton(way), 2)
    return max((len(pieces & one) / len(pieces | one) for one in training_pieces(intent)), default=0.0)


def count(split: str) -> dict[str, int]:
    """一个集合的问法：意图数、写下的模板数、展开后的说法数、留下的说法数。"""
    written = [line for text in MODULES[split].TABLE.values() for line in lines(text)]
    ways = sum(len(wording.expansions(line)) for line in written)
    kept = sum(len(wording.expansions(line)) for found in table(split).values() for line in found)
    return {"intents": len(table(split)), "templates": len(written), "ways": ways, "kept": kept}


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
