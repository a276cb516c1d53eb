"""只根据资料回答：1 到 5 段资料里抄出答案、标出处；没有就说“资料中没有”。

教什么：干扰要像真的——同一个药的别的事、名字像的另一个药的同一件事、只差一个条件的事；答案是原文，出处能核对。
不教什么：领域里有哪些事（`facts_*`）、怎么问（`phrases_*`）。
不是脚本；`from TrainAndFinetune.assistant import make_dialogues`。对应笔记：`assistant.md`。
"""

import random
from dataclasses import dataclass, field

from TrainAndFinetune.assistant import entities, facts, phrases, wording
from TrainAndFinetune.assistant.facts import ASKABLE, Attribute, Domain, Fact
from TrainAndFinetune.prompts import GROUNDED_SYSTEM, GROUNDED_USER, PASSAGE, REFUSAL

SIZES = ((1, 15), (2, 27), (3, 30), (4, 17), (5, 11))  # 几段资料，几份
LONG = 0.1  # 多少份是长资料
KINDS = (("answer", 56), ("absent", 28), ("entities", 7), ("attributes", 9))


@dataclass
class Bundle:
    """几段资料，和每件事在第几段（从 0 数）。"""

    domain: Domain
    split: str
    long: bool = False  # 每段多写几件事
    passages: list[str] = field(default_factory=list)
    placed: list[tuple[int, Fact]] = field(default_factory=list)

    def of(self, name: tuple[str, str]) -> set[str]:
        """资料里写了这个实体的哪些事。"""
        return {fact.attribute.key for _, fact in self.placed if fact.entity == name}

    def same(self, fact: Fact) -> list[Fact]:
        """同一个实体、同一个属性的别的事（只差一个条件）。"""
        return [other for _, other in self.placed if other.key() == fact.key() and other is not fact]

    def where(self, fact: Fact) -> int:
        return next(i for i, other in self.placed if other is fact)

    def shuffle(self, generator: random.Random) -> None:
        """打乱段的次序，事情跟着走。"""
        order = generator.sample(range(len(self.passages)), len(self.passages))
        new = {old: i for i, old in enumerate(order)}
        self.passages = [self.passages[old] for old in order]
        self.placed = [(new[i], fact) for i, fact in self.placed]

    def text(self) -> str:
        return "\n".join(PASSAGE.format(n=i, text=text) for i, text in enumerate(self.passages, start=1))


def weighted(pairs, generator: random.Random):
    """按份数选一个。"""
    return generator.choices([value for value, _ in pairs], [weight for _, weight in pairs])[0]


def statement(fact: Fact, split: str, generator: random.Random) -> str:
    """一件事写成资料里的一句；训练之外的集合一多半用自己的写法。"""
    own = generator.random() < (0.75 if split == "train" else 0.4)
    noun = generator.choice(fact.attribute.nouns.split("|"))
    source = fact.attribute.statements if own else phrases.templates(split, "say")
    return wording.fill(wording.pick(source, generator), {"v": fact.value, "n": noun})


def add_passage(bundle: Bundle, told: list[Fact], generator: random.Random) -> None:
    """把同一个实体的几件事写成一段。"""
    join = wording.pick(phrases.templates(bundle.split, "join"), generator)
    values = {
        "e": told[0].entity[0],
        "title": told[0].attribute.title,
        "doc": bundle.domain.document,
        "body": join.join(statement(fact, bundle.split, generator) for fact in told),
    }
    if generator.random() < 0.03:  # 资料里夹着给模型的命令：照样只回答问题
        values["body"] += "。" + wording.pick(phrases.templates(bundle.split, "noise"), generator).rstrip("。")
    bundle.placed += [(len(bundle.passages), fact) for fact in told]
    bundle.passages.append(wording.fill(wording.pick(phrases.templates(bundle.split, "passage"), generator), values))


def extra_facts(
    bundle: Bundle, name: tuple[str, str], banned: set[str], n: int, generator: random.Random
) -> list[Fact]:
    """同一个实体的另外几件事，避开 banned 与已经写过的；一半的时候与前一件同一个小标题。"""
    taken, n = banned | bundle.of(name), n + bundle.long * generator.randrange(2, 7)
    free = [a for a in bundle.domain.attributes if a.key not in taken]
    chosen = generator.sample(free, min(n, len(free)))
    return [facts.make_fact(attribute, name, bundle.split, generator) for attribute in chosen]


def distractor(bundle: Bundle, target: Fact, absent: bool, generator: random.Random) -> None:
    """一段干扰：同一个实体的别的事，或另一个实体的同一件事与别的事。"""
    attribute, name = target.attribute, target.entity
    banned = {attribute.key, *(attribute.without if absent else ())}
    more = extra_facts(bundle, name, banned, generator.choice((1, 1, 2)), generator)
    if more and generator.random() < 0.45:
        return add_passage(bundle, more, generator)
    taken = [name, *(fact.entity for _, fact in bundle.placed)]
    other = entities.other_entity(bundle.domain.kind, bundle.split, list(dict.fromkeys(taken)), generator)
    told = extra_facts(bundle, other, {attribute.key}, generator.choice((0, 1, 1)), generator)
    if not told or generator.random() < 0.75:
        told.insert(generator.randrange(len(told) + 1), facts.different_fact(target, other, bundle.split, generator))
    return add_passage(bundle, told, generator)


def conditional(domain: Domain, split: str, attribute: Attribute) -> list[str]:
    """问这个属性时写出条件（哪种药、哪种灯）的那些模板。"""
    source = phrases.templates(split, domain.intent(attribute))
    return [line for line in source if any(slot in ASKABLE for slot in wording.slots_of(line))]


def near_miss(domain: Domain, target: Fact, split: str, generator: random.Random) -> Fact | None:
    """只差一个条件的事：同一个药，换一种同服的药；没有条件可换就是 None。"""
    if not conditional(domain, split, target.attribute) or generator.random() < 0.5:
        return None
    return facts.different_fact(target, target.entity, split, generator)


def build(domain: Domain, split: str, target: Fact, absent: bool, generator: random.Random) -> Bundle:
    """围着一件事拼几段资料；absent 时这件事不写进去。"""
    bundle, size = Bundle(domain, split, long=generator.random() < LONG), weighted(SIZES, generator)
    miss = near_miss(domain, target, split, generator)
    told = [fact for fact in (None if absent else target, miss) if fact]
    banned = {target.attribute.key, *(target.attribute.without if absent else ())}
    told += extra_facts(bundle, target.entity, banned, generator.choice((0, 1, 1, 2)) + (not told), generator)
    generator.shuffle(told)
    add_passage(bundle, told, generator)
    while len(bundle.passages) < size:
        distractor(bundle, target, absent, generator)
    bundle.shuffle(generator)
    return bundle


def new_fact(domain: Domain, split: str, generator: random.Random, name=None, taken=()) -> Fact:
    """领域里随便一件事；给了名字就是那个实体的，避开 taken 里的属性。"""
    name = name or facts.new_entity(domain, split, generator)
    attribute = generator.choice([a for a in domain.attributes if a.key not in taken])
    return facts.make_fact(attribute, name, split, generator)


def called(name: tuple[str, str], generator: random.Random) -> str:
    """问题里怎么叫它：多半用简称。"""
    return name[0] if generator.random() < 0.35 else name[1]


def core_question(domain: Domain, split: str, fact: Fact, must: bool, generator: random.Random) -> str:
    """问一件事的一句话；must 时句子里要写出条件（哪种药、哪种灯），不然分不清问的是哪一件。"""
    values = {**fact.values, "e": called(fact.entity, generator)}
    if must:
        return wording.fill(wording.pick(conditional(domain, split, fact.attribute), generator), values)
    if generator.random() < 0.33:
        values["n"] = generator.choice(fact.attribute.nouns.split("|"))
        return phrases.say(split, "frame", values, generator)
    return phrases.say(split, domain.intent(fact.attribute), values, generator)


def sentence(text: str, n: int) -> str:
    """一句答案与它的出处。

    >>> sentence("一次2片", 1)
    '一次2片[1]。'
    """
    return f"{text}[{n}]。"


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
        told = [fact, *extra_facts(bundle, fact.entity, {fact.attribute.key}, generator.choice((0, 1)), generator)]
        add_passage(bundle, told, generator)
    while len(bundle.passages) < min(4, weighted(SIZES, generator)):
        distractor(bundle, first, False, generator)
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
        add_passage(bundle, told, generator)
    while len(bundle.passages) < min(4, weighted(SIZES, generator)):
        other = entities.other_entity(domain.kind, split, [first.entity], generator)
        told = [facts.different_fact(fact, other, split, generator) for fact in (first, second)]
        add_passage(bundle, told[: generator.choice((1, 2))], generator)
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


def make(split: str, generator: random.Random) -> dict:
    """一段对话。训练集里有三成半在同一批资料上接着问，省下重复的资料；开发集与测试集都只问一句。"""
    domain = weighted([(d, d.weight) for d in facts.all_domains()], generator)
    kind = weighted(KINDS, generator)
    if kind == "entities":
        bundle, first = two_entities(domain, split, generator)
    elif kind == "attributes":
        bundle, first = two_attributes(domain, split, generator)
    else:
        target = new_fact(domain, split, generator)
        bundle = build(domain, split, target, kind == "absent", generator)
        first = ask_one(bundle, target, kind == "absent", generator)
    turns = [first]
    while split == "train" and len(turns) < 3 and generator.random() < 0.35:
        turns.append(follow_up(bundle, {turn[1] for turn in turns}, generator))
    user = GROUNDED_USER.format(passages=bundle.text(), question=turns[0][0])
    messages = [{"role": "system", "content": GROUNDED_SYSTEM}, {"role": "user", "content": user}]
    messages.append({"role": "assistant", "content": turns[0][1]})
    for question, answer, _ in turns[1:]:
        messages.append({"role": "user", "content": f"问题：{question}"})
        messages.append({"role": "assistant", "content": answer})
    check = {**turns[-1][2], "group": kind if len(turns) == 1 else "follow_up"}
    check["facts"] = [[i + 1, fact.entity[0], fact.attribute.key, fact.value] for i, fact in bundle.placed]
    return {"messages": messages, "ability": "grounded", "check": check}
