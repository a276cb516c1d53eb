"""只根据资料回答：1 到 5 段资料里抄出答案、标出处；没有就说“资料中没有”。

教什么：答案是原文，出处能核对；同一批资料可以接着问，省下重复的词元。
不教什么：资料怎样拼（`bundles.py`）、领域里有哪些事（`facts_*`）、怎么问（`phrases_*`）。
不是脚本；`from TrainAndFinetune.assistant import make_dialogues`。对应笔记：`assistant.md`。
"""

import random

from TrainAndFinetune.assistant import bundles, entities, facts, phrases, wording
from TrainAndFinetune.assistant.bundles import SIZES, Bundle, new_fact, weighted
from TrainAndFinetune.assistant.facts import ASKABLE, Attribute, Domain, Fact
from TrainAndFinetune.prompts import CITED, GROUNDED_NEXT, GROUNDED_SYSTEM, GROUNDED_USER, REFUSAL

KINDS = (("answer", 56), ("absent", 28), ("entities", 7), ("attributes", 9))


def called(name: tuple[str, str], generator: random.Random) -> str:
    """问题里怎么叫它：多半用简称。"""
    return name[0] if generator.random() < 0.35 else name[1]


def core_question(domain: Domain, split: str, fact: Fact, must: bool, generator: random.Random) -> str:
    """问一件事的一句话；must 时句子里要写出条件（哪种药、哪种灯），不然分不清问的是哪一件。"""
    values = {**fact.values, "e": called(fact.entity, generator)}
    if must:
        return wording.fill(wording.pick(bundles.conditional(domain, split, fact.attribute), generator), values)
    if generator.random() < 0.33:
        values["n"] = generator.choice(fact.attribute.nouns.split("|"))
        return phrases.say(split, "frame", values, generator)
    return phrases.say(split, domain.intent(fact.attribute), values, generator)


def sentence(text: str, n: int) -> str:
    """一句答案与它的出处。

    >>> sentence("一次2片", 1)
    '一次2片[1]。'
    """
    return CITED.format(text=text, n=n)


def ask(bundle: Bundle, told: list[Fact], question: str, prefix: bool = False) -> tuple[str, str, dict]:
    """(问题, 答案, 评分要的)；told 是按次序要答的事，空的就是拒答。"""
    if not told:
        return question, REFUSAL, {"kind": "refusal", "answer": REFUSAL}
    answers, wanted = [], []
    for fact in told:
        n, head = bundle.where(fact) + 1, f"{fact.entity[1]}：" if prefix else ""
        answers.append(sentence(head + fact.value, n))
        accept = [head + value for value in fact.attribute.accepted(fact.value)]
        accept += [text.replace("：", "", 1) for text in accept] if prefix else []
        wanted.append({"accept": accept, "cite": n, "span": fact.value})
    return question, "".join(answers), {"kind": "answer", "answer": "".join(answers), "sentences": wanted}


def ask_one(bundle: Bundle, fact: Fact, absent: bool, generator: random.Random) -> tuple[str, str, dict]:
    """问一件事。"""
    must = bool(bundle.same(fact))
    core = core_question(bundle.domain, bundle.split, fact, must, generator)
    opener = "opener.grounded" if generator.random() < 0.15 else "opener"
    result = ask(bundle, [] if absent else [fact], phrases.dress(core, bundle.split, generator, opener))
    result[2]["intent"] = bundle.domain.intent(fact.attribute)
    result[2]["entity"] = list(fact.entity)
    result[2]["condition"] = [value for key, value in fact.values.items() if key in ASKABLE and value in core]
    return result


def noun_of(attribute: Attribute, generator: random.Random) -> str:
    return generator.choice(attribute.nouns.split("|"))


def two_entities(domain: Domain, split: str, generator: random.Random) -> tuple[Bundle, tuple[str, str, dict]]:
    """两个实体的同一件事，答案两句。"""
    first = new_fact(domain, split, generator)
    name = entities.other_entity(domain.kind, split, [first.entity], generator)
    second = facts.different_fact(first, name, split, generator)
    bundle = Bundle(domain, split)
    for fact in (first, second):
        told = [
            fact,
            *bundles.extra_facts(bundle, fact.entity, {fact.attribute.key}, generator.choice((0, 1)), generator),
        ]
        bundles.add_passage(bundle, told, generator)
    while len(bundle.passages) < min(4, weighted(SIZES, generator)):
        bundles.distractor(bundle, first, False, generator)
    bundle.shuffle(generator)
    values = {"e": first.entity[1], "e2": second.entity[1], "n": noun_of(first.attribute, generator)}
    core = phrases.say(split, "two.entities", values, generator)
    told = sorted((first, second), key=lambda fact: core.index(fact.entity[1]))
    return bundle, ask(bundle, told, phrases.dress(core, split, generator), prefix=True)


def two_attributes(domain: Domain, split: str, generator: random.Random) -> tuple[Bundle, tuple[str, str, dict]]:
    """一个实体的两件事，一半的时候在不同的段里。"""
    first = new_fact(domain, split, generator)
    second = new_fact(domain, split, generator, first.entity, taken={first.attribute.key})
    bundle = Bundle(domain, split)
    for told in generator.choice(([[first, second]], [[first], [second]], [[first], [second]])):
        bundles.add_passage(bundle, told, generator)
    while len(bundle.passages) < min(4, weighted(SIZES, generator)):
        other = entities.other_entity(domain.kind, split, [first.entity], generator)
        told = [facts.different_fact(fact, other, split, generator) for fact in (first, second)]
        bundles.add_passage(bundle, told[: generator.choice((1, 2))], generator)
    bundle.shuffle(generator)
    nouns = {"n": first.attribute.nouns.split("|")[0], "n2": second.attribute.nouns.split("|")[0]}
    core = phrases.say(split, "two.attributes", {"e": called(first.entity, generator), **nouns}, generator)
    return bundle, ask(bundle, [first, second], phrases.dress(core, split, generator))


def follow_up(bundle: Bundle, asked: set[str], generator: random.Random) -> tuple[str, str, dict]:
    """同一批资料的下一个问题：写了的某一件事，或者没写的。"""
    name = generator.choice(bundle.placed)[1].entity
    if generator.random() < 0.3:
        known = bundle.of(name)
        free = [a for a in bundle.domain.attributes if a.key not in known and not known & set(a.without)]
        if free:
            fact = facts.make_fact(generator.choice(free), name, bundle.split, generator)
            return ask_one(bundle, fact, True, generator)
    left = [fact for _, fact in bundle.placed if fact.value not in asked] or [bundle.placed[0][1]]
    return ask_one(bundle, generator.choice(left), False, generator)


def make(split: str, generator: random.Random, kind: str = "") -> dict:
    """一段对话。训练集里有三成半在同一批资料上接着问，省下重复的资料；开发集与测试集都只问一句。"""
    domain = weighted([(d, d.weight) for d in facts.all_domains()], generator)
    kind = kind or weighted(KINDS, generator)
    if kind == "entities":
        bundle, first = two_entities(domain, split, generator)
    elif kind == "attributes":
        bundle, first = two_attributes(domain, split, generator)
    else:
        target = new_fact(domain, split, generator)
        bundle = bundles.build(domain, split, target, kind == "absent", generator)
        first = ask_one(bundle, target, kind == "absent", generator)
    turns = [first]
    while split == "train" and len(turns) < 3 and generator.random() < 0.35:
        turns.append(follow_up(bundle, {turn[1] for turn in turns}, generator))
    user = GROUNDED_USER.format(passages=bundle.text(), question=turns[0][0])
    messages = [{"role": "system", "content": GROUNDED_SYSTEM}, {"role": "user", "content": user}]
    messages.append({"role": "assistant", "content": turns[0][1]})
    for question, answer, _ in turns[1:]:
        messages.append({"role": "user", "content": GROUNDED_NEXT.format(question=question)})
        messages.append({"role": "assistant", "content": answer})
    check = {**turns[-1][2], "group": kind if len(turns) == 1 else "follow_up"}
    check["facts"] = [[i + 1, fact.entity[0], fact.attribute.key, fact.value] for i, fact in bundle.placed]
    return {"messages": messages, "ability": "grounded", "check": check}
