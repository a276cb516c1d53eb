"""意图清单：每张问法表要有哪些意图，各是什么意思、能用哪些槽位、哪些槽位一定要写。

教什么：写问法的人只看这张清单，不看训练集的问法；写完了程序核对，缺一个意图就不让测试集通过。
不教什么：问法本身（`phrases_*`）。
不是脚本。对应笔记：`assistant.md`。
"""

from dataclasses import dataclass

from TrainAndFinetune.assistant import catalogue, chat, extract, facts, plan, summary, wording
from TrainAndFinetune.assistant.facts import ASKABLE

EXAMPLE = "例："  # 以它开头的行是待替换的样子，不是问法


@dataclass(frozen=True)
class Intent:
    """means 是意思；may 是能用的槽位；must 是每个模板都要写的槽位。"""

    means: str
    may: frozenset[str]
    must: frozenset[str]


def intent(means: str, must: str = "", may: str = "") -> Intent:
    needed = frozenset(must.split())
    return Intent(means, needed | frozenset(may.split()), needed)


# 不属于哪个领域的意图
GENERAL = {
    "opener": intent("加在问题前面的半句：请问，"),
    "opener.grounded": intent("问资料时加在前面的半句：根据资料，"),
    "closer": intent("加在问题后面的标点或半句：？谢谢"),
    "frame": intent("问一个实体的一个属性，属性的叫法由 {n} 填", "e n"),
    "say": intent("资料里写一件事：属性的叫法 {n} 与值 {v}", "n v"),
    "passage": intent("一段资料的写法：实体、内容、小标题、资料的种类", "e body", "title doc"),
    "join": intent("一段资料里两句之间的标点"),
    "noise": intent("夹在资料里、想让模型不照资料回答的一句话"),
    "two.entities": intent("同时问两个实体的同一个属性", "e e2 n"),
    "two.attributes": intent("同时问一个实体的两个属性", "e n n2"),
    "missing": intent("想做一件事（{short} 是个短语，如“查天气”），但没给参数", "short"),
    "both": intent("一句话里先后要办两件事", "a b"),
    "system": intent("带工具的对话的系统提示"),
    "chat.term": intent("问一个术语是什么", "term"),
    "chat.chapter": intent("问书的第几章讲什么，{number} 是一、二……", "number"),
    "chat.name": intent("告诉自己的名字", "name"),
    "chat.ask_name": intent("问自己刚才说的名字"),
    "chat.tell": intent("告诉要去某地做某事", "place todo"),
    "chat.ask_place": intent("问刚才说要去哪"),
    "chat.echo": intent("要求照着说一遍，不多说", "text"),
    "chat.sum": intent("问两个小整数的和", "a b"),
    "rewrite.lead": intent("加在追问前面的词：那；可以是空的（写 []）"),
    "rewrite.entity": intent("换一个实体问同样的事：那某某呢", "e"),
    "rewrite.noun": intent("同一个实体换一个属性问：那某属性呢", "n"),
    "react.total": intent("问某商品买 n 件一共多少钱", "product n"),
    "react.gap": intent("问商品 a 比商品 b 贵多少", "a b"),
    "react.tell": intent("查一个订单的状态，并把结果发给某人", "order person"),
    "react.save": intent("查某人的分机，写进一个文件", "person path"),
    "react.dose": intent("按某药说明书的用法，某个体重（公斤）该用多少", "drug weight"),
    "react.remind": intent("查一门课几点上，并设提醒", "course"),
    "react.file": intent("算一个文件里写的算式", "path"),
    "extract.join": intent("几个短句之间的标点或连接词"),
    "summary.detail": intent("一句无关紧要的细节，可用小值的槽位", "", "phone count months room person2 years"),
} | {
    f"plan.listed{n}": intent(
        f"要依次做 {n} 件事（短语），话里的次序可以不同", " ".join(f"s{i}" for i in range(1, n + 1))
    )
    for n in (2, 3, 4)
}


def domain_intents() -> dict[str, Intent]:
    """每个领域每个属性：问这件事的话，{e} 是实体。"""
    made = {}
    for domain in facts.all_domains():
        for attribute in domain.attributes:
            slots = [slot for slot in wording.slots_of(attribute.value) if slot in ASKABLE]
            needed = [] if attribute.key in ("indication", "side", "overdose") else slots
            means = f"问{attribute.means}"
            may = slots if attribute.key == "indication" else needed
            made[domain.intent(attribute)] = intent(means, " ".join(["e", *needed]), " ".join(may))
    return made


def tool_intents(split: str) -> dict[str, Intent]:
    """每个工具：要用它的话；必填的参数都要写，可选的可写可不写。"""
    made = {}
    for tool in catalogue.tools_of(split):
        must = " ".join(p.slot for p in tool.params if p.required)
        made[f"tool.{tool.key}"] = intent(tool.means, must, " ".join(p.slot for p in tool.params))
    return made


def other_intents(split: str) -> dict[str, Intent]:
    """闲聊、提取、概括、拆步骤。"""
    made = {f"chat.{key}": intent(means) for key, (_, _, means) in chat.FIXED.items()}
    for frame in extract.frames_of(split):
        for field in frame.fields:
            made[f"extract.{frame.key}.{field.slot}"] = intent(f"{frame.means}里的一小句：{field.about} {{v}}", "v")
    for genre in summary.GENRES:
        must = " ".join(wording.slots_of(genre.summary))
        made[f"summary.{genre.key}"] = intent(f"一两句完整的话：{genre.means}", must)
    for recipe in plan.RECIPES:
        must = " ".join(dict.fromkeys(slot for step in recipe.steps for slot in wording.slots_of(step)))
        made[f"plan.{recipe.key}"] = intent(recipe.means, must)
    return made


def intents(split: str) -> dict[str, Intent]:
    """一个集合的问法表要有的全部意图。"""
    return {**GENERAL, **domain_intents(), **tool_intents(split), **other_intents(split)}


def problems(split: str, table: dict[str, tuple[str, ...]]) -> list[str]:
    """一张问法表哪里不对：缺意图、多意图、还是样子、槽位不对。"""
    wanted, found = intents(split), []
    found += [f"缺意图 {key}（{wanted[key].means}）" for key in wanted if not table.get(key)]
    found += [f"没有意图 {key}" for key in table if key not in wanted]
    for key, lines in table.items():
        for line in lines if key in wanted else ():
            slots = set(wording.slots_of(line))
            if line.startswith(EXAMPLE):
                found.append(f"{key} 还是样子：{line}")
            elif slots - wanted[key].may:
                found.append(f"{key} 的“{line}”用了没有的槽位 {'、'.join(sorted(slots - wanted[key].may))}")
            elif any(not wanted[key].must <= set(wording.slots_of(text)) for text in wording.expansions(line)):
                found.append(f"{key} 的“{line}”少写了槽位 {'、'.join(sorted(wanted[key].must))} 之一")
    return found
