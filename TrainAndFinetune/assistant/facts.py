"""领域与属性：一份资料里能写哪些事，一件事的值长什么样，问的时候叫它什么。

教什么：答案是值的原文，资料里恰好有这一段，所以“逐字相同”才是有意义的分数。
不教什么：问法（`phrases_*`）、怎样拼成资料与问题（`grounded.py`）。
不是脚本。对应笔记：`assistant.md`。
"""

import random
from dataclasses import dataclass

from TrainAndFinetune.assistant import entities, slots, wording


@dataclass(frozen=True)
class Attribute:
    """一个实体的一件事。模板的写法见 `wording.py`；`{v}` 是值，也就是答案。"""

    key: str
    means: str  # 问的是什么：写问法的人只看这一句
    title: str  # 它在资料里的小标题
    nouns: str  # 问的时候怎么叫它，用 | 分开
    value: str  # 值的模板；它的槽位问句里也能用
    statements: tuple[str, ...]  # 训练集的资料怎么写这件事
    without: tuple[str, ...] = ()  # 资料里没有这件事时，哪些事也不能写：写了就算不清有没有答案
    strip: str = ""  # 答案少了开头的这些字（用 | 分开）也算对

    def accepted(self, value: str) -> list[str]:
        """也算对的写法，第一个是原文。"""
        heads = [head for head in self.strip.split("|") if head and value.startswith(head)]
        return [value, *(value.removeprefix(head) for head in heads)]


@dataclass(frozen=True)
class Domain:
    """一类实体与它们的属性。"""

    key: str
    kind: str  # 实体的种类，见 `entities.py`
    document: str  # 资料叫什么：说明书、手册……
    pronoun: str  # 追问里怎么指它
    weight: float  # 在“只根据资料回答”里占多少份
    attributes: tuple[Attribute, ...]

    def get(self, key: str) -> Attribute:
        return next(attribute for attribute in self.attributes if attribute.key == key)

    def intent(self, attribute: Attribute) -> str:
        """问法表里的键。"""
        return f"{self.key}.{attribute.key}"


def make(key: str, means: str, title: str, nouns: str, value: str, *statements: str, without="", strip="") -> Attribute:
    """一行写一个属性；without 用空格分开。"""
    return Attribute(key, means, title, nouns, value, statements, tuple(without.split()), strip)


@dataclass(frozen=True)
class Fact:
    """一件具体的事：哪个实体、哪个属性、值、值里的槽位。"""

    entity: tuple[str, str]  # 全称、简称
    attribute: Attribute
    value: str
    values: dict  # 槽位的值，问句要用

    def key(self) -> tuple[str, str]:
        return self.entity[0], self.attribute.key


def make_fact(attribute: Attribute, name: tuple[str, str], split: str, generator: random.Random) -> Fact:
    """给一个实体的一个属性造一个值；值里的药名不会是它自己。"""
    for _ in range(50):
        values = {"unit": entities.FORMS.get(name[0].removeprefix(name[1]), "片")}  # 胶囊论粒，颗粒论袋
        template = wording.choose(attribute.value, generator)
        value = wording.draw(template, values, lambda base: slots.small_value(base, split, generator))
        if name[1] not in value:
            return Fact(name, attribute, value, values)
    raise ValueError(f"{name} 的 {attribute.key} 造不出值")


def different_fact(fact: Fact, name: tuple[str, str], split: str, generator: random.Random) -> Fact:
    """同一个属性、值不同的另一件事；问句里用到的槽位也都不同，也不出现在新的值里。"""
    for _ in range(100):
        new = make_fact(fact.attribute, name, split, generator)
        if new.value in fact.value or fact.value in new.value:
            continue
        if not (clash(fact, new.value) or clash(new, fact.value)):
            return new
    raise ValueError(f"{fact.attribute.key} 造不出与 {fact.value} 不同的值")


def clash(fact: Fact, text: str) -> bool:
    """这件事的条件（哪种药、哪种病）在 text 里也写着。"""
    return any(value in text for key, value in fact.values.items() if key in ASKABLE)


# 问句里可以写的槽位：问的是“与某药同服”“某种灯亮”时，换一个药、换一种灯就是另一件事
ASKABLE = ("drug", "disease", "symptom", "food", "medclass", "colour", "part", "spice")


def all_domains() -> tuple[Domain, ...]:
    """全部领域；在函数里导入，免得互相导入。"""
    from TrainAndFinetune.assistant import facts_life, facts_medicine, facts_office

    return (*facts_medicine.DOMAINS, *facts_office.DOMAINS, *facts_life.DOMAINS)


def new_entity(domain: Domain, split: str, generator: random.Random) -> tuple[str, str]:
    """领域里的一个实体，(全称, 简称)。"""
    return entities.entity(domain.kind, split, generator)
