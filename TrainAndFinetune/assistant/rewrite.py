"""追问改写：把“那它呢”改成不看上文也懂的一句话。

教什么：补上被省掉的那个名字或那件事，别的字照抄；本来就完整的，原样写出来。
不教什么：改写之后怎么检索（第 6 章）。
不是脚本；`from TrainAndFinetune.assistant import make_dialogues`。对应笔记：`assistant.md`。
"""

import random

from TrainAndFinetune.assistant import bundles, entities, facts, grounded, phrases, wording
from TrainAndFinetune.assistant.bundles import weighted
from TrainAndFinetune.assistant.facts import Domain, Fact
from TrainAndFinetune.prompts import HISTORY_ASSISTANT, HISTORY_USER, REWRITE_SYSTEM, REWRITE_USER

KINDS = (("pronoun", 30), ("dropped", 22), ("entity", 22), ("noun", 14), ("whole", 12))
BAD_HEADS = "的和跟与、，。？：里在上方有— "  # 去掉名字之后，句子不能以这些开头
SEPARATORS = "，。？！；：、—"


def plain(domain: Domain, split: str, fact: Fact, generator: random.Random) -> str:
    """一句只提到一次名字的问句，名字的位置留着 {e}。"""
    lines = phrases.templates(split, domain.intent(fact.attribute))
    for _ in range(50):
        text = wording.pick(lines, generator)
        if text.count("{e}") == 1:
            return wording.fill(text, fact.values)
    raise ValueError(f"{split} 的 {domain.intent(fact.attribute)} 没有只提一次名字的问句")


def answered(fact: Fact) -> str:
    """历史里助手的回答。"""
    return f"{fact.value}。"


def question(core: str) -> str:
    return core if core.endswith(("？", "?")) else core + "？"


def last_turn(kind: str, domain: Domain, split: str, first: str, name: str, fact: Fact, generator: random.Random):
    """(最后一个问题, 改写)；这一种写不出来就是 None。first 是上一句问话（名字的位置留着 {e}）。"""
    lead = phrases.say(split, "rewrite.lead", {}, generator)
    if kind == "entity":
        other = entities.other_entity(domain.kind, split, [fact.entity], generator)[1]
        return phrases.say(split, "rewrite.entity", {"e": other}, generator), question(first.replace("{e}", other))
    if kind == "noun":
        noun = grounded.noun_of(fact.attribute, generator)
        return phrases.say(split, "rewrite.noun", {"n": noun}, generator), f"{name}的{noun}是什么？"
    core = plain(domain, split, fact, generator)
    full = question(core.replace("{e}", name))
    if kind == "whole":
        return full, full
    if kind == "pronoun":
        here = generator.choice(("它", domain.pronoun, domain.pronoun)) if domain.kind != "person" else "他"
        return question(lead + core.replace("{e}", here)), full
    rest = core.removeprefix("{e}")
    if rest == core or not rest or rest[0] in BAD_HEADS or len(rest) < 4:
        return None
    return question(lead + rest), full


def history_of(rounds: list[tuple[str, str]]) -> str:
    lines = []
    for asked, said in rounds:
        lines += [HISTORY_USER.format(text=asked), HISTORY_ASSISTANT.format(text=said)]
    return "\n".join(lines)


def make(split: str, generator: random.Random) -> dict:
    """一到三轮的历史和一个追问。"""
    domain = weighted([(d, d.weight) for d in facts.all_domains()], generator)
    kind = weighted(KINDS, generator)
    while True:
        target = bundles.new_fact(domain, split, generator)
        name = grounded.called(target.entity, generator)
        first = plain(domain, split, target, generator)
        after = bundles.new_fact(domain, split, generator, target.entity, taken={target.attribute.key})
        turn = last_turn(kind, domain, split, first, name, after, generator)
        if turn:
            break
    rounds = [(question(first.replace("{e}", name)), answered(target))]
    if generator.random() < 0.35:  # 更早还聊过别的
        other = entities.other_entity(domain.kind, split, [target.entity], generator)
        before = bundles.new_fact(domain, split, generator, other)
        asked = question(plain(domain, split, before, generator).replace("{e}", other[1]))
        rounds.insert(0, (asked, answered(before)))
    asked, answer = turn
    messages = [
        {"role": "system", "content": REWRITE_SYSTEM},
        {"role": "user", "content": REWRITE_USER.format(history=history_of(rounds), question=asked)},
        {"role": "assistant", "content": answer},
    ]
    return {"messages": messages, "ability": "rewrite", "check": {"kind": "text", "answer": answer, "group": kind}}
