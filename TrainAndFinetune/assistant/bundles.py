"""几段资料：围着一件事写，夹着别的事、别的实体，打乱次序，记得每件事在第几段。

教什么：干扰要像真的——同一个药的别的事、名字像的另一个药的同一件事、只差一个条件的事。
不教什么：怎样问、怎样答（`grounded.py`）。
不是脚本。对应笔记：`assistant.md`。
"""

import random
from dataclasses import dataclass, field

from TrainAndFinetune.assistant import entities, facts, phrases, wording
from TrainAndFinetune.assistant.facts import ASKABLE, Attribute, Domain, Fact
from TrainAndFinetune.prompts import PASSAGE

SIZES = ((1, 15), (2, 27), (3, 30), (4, 17), (5, 11))  # 几段资料，几份
# 资料的长短与份数：检索来的段落常有几百字，答案只是其中一小句
LENGTHS = ((0, 84), (1, 9), (2, 7))
# 长资料里与答案无关的话；不含数，也不含任何属性的值
FILLERS = (
    *(
        "以上内容以最新版本为准",
        "如有疑问可咨询工作人员",
        "阅读前先核对名称是否一致",
        "本页由编辑部整理",
        "其余事项另见附录",
    ),
    *("这部分内容会不定期更新", "转载时保留出处", "不同批次可能略有差别", "有关说明见下一节", "常见问题汇总在文末"),
    *(
        "相关人员应当熟悉这些内容",
        "发现错误可以反馈给我们",
        "图示仅供参考",
        "旧版本的说法不再适用",
        "具体情况以现场为准",
    ),
    *(
        "这一节是应读者的要求补充的",
        "名词的解释见术语表",
        "未尽事宜由双方协商",
        "以下按重要程度排列",
        "整理时参考了多方意见",
    ),
)


@dataclass
class Bundle:
    """几段资料，和每件事在第几段（从 0 数）。"""

    domain: Domain
    split: str
    long: int = 0  # 0 短；1、2 每段多写几件事、几句无关的话
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
    said = [statement(fact, bundle.split, generator) for fact in told]
    for filler in generator.sample(FILLERS, bundle.long * generator.randrange(1, 5)):
        said.insert(generator.randrange(len(said) + 1), filler)
    values = {
        "e": told[0].entity[0],
        "title": told[0].attribute.title,
        "doc": bundle.domain.document,
        "body": join.join(said),
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
    bundle, size = Bundle(domain, split, long=weighted(LENGTHS, generator)), weighted(SIZES, generator)
    size = min(size + 1, 4) if bundle.long == 2 else size
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
