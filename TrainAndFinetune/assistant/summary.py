"""一句话概括：谁、做什么、什么时候；细节不要，文字里没有的不写。

教什么：主要的事一定要在，次要的数一个也不要；长度有上限。
不教什么：长文的概括（提示词上限 1,024 个词元，放不下）。
不是脚本；`from TrainAndFinetune.assistant import make_dialogues`。对应笔记：`assistant.md`。
"""

import random
from dataclasses import dataclass

from TrainAndFinetune.assistant import arguments, phrases, slots, wording
from TrainAndFinetune.prompts import SUMMARY_SYSTEM

LONGEST = 50


@dataclass(frozen=True)
class Genre:
    """一种文字。summary 是概括的模板，里面的槽位都要出现；说明给写句子的人看。"""

    key: str
    summary: str
    means: str


GENRES = (
    Genre("move", "{company}{date}搬到{place}。", "公司某天搬家"),
    Genre("recall", "{company}因{defect}召回{good}。", "公司因为某种故障召回产品"),
    Genre("meeting", "{person}主持的会议决定{md}前{todo}。", "某人主持会议，决定某天前做一件事"),
    Genre("closing", "{place}图书馆{md}起闭馆{d}天。", "图书馆从某天起关几天"),
    Genre("launch", "{company}发布{colourword}的{good}，售价{price}元。", "公司发布一种颜色的产品和价格"),
    Genre("weather", "{place}{md}有大雨，{weekday}转晴。", "某地某天大雨、星期几转晴"),
    Genre("study", "研究发现{drug}能缓解{symptom}。", "研究发现某药缓解某症状"),
    Genre("hire", "{company}招聘{job}，{md}截止。", "公司招某个岗位、哪天截止"),
    Genre("review", "读者认为《{title}》好看，但{money}元太贵。", "读者觉得书好看但是贵"),
    Genre("repair", "{person}修好了{place}的{good}，原因是{defect}。", "某人修好某地的设备，原因是什么"),
)


def make(split: str, generator: random.Random) -> dict:
    """一段三到五句的文字和它的一句概括。"""
    genre = generator.choice(GENRES)
    values: dict[str, str] = {}

    def small(base: str) -> str:
        if base == "todo":
            return generator.choice(arguments.TODOS)
        return slots.small_value(base, split, generator)

    answer = wording.draw(genre.summary, values, small)
    main = {slot: values[slot] for slot in wording.slots_of(genre.summary)}
    lead = wording.draw(wording.pick(phrases.templates(split, f"summary.{genre.key}"), generator), values, small)
    source = phrases.templates(split, "summary.detail")
    details = []
    for line in generator.sample(source, min(len(source), generator.choice((2, 3, 3)))):
        details.append(wording.draw(wording.choose(line, generator), {}, lambda base: fresh(base, main, small)))
    place = generator.choice((0, 0, 0, 1))  # 主要的一句多半在最前
    text = "".join([*details[:place], lead, *details[place:]])
    messages = [
        {"role": "system", "content": SUMMARY_SYSTEM},
        {"role": "user", "content": text},
        {"role": "assistant", "content": answer},
    ]
    must = list(main.values())
    check = {"kind": "summary", "answer": answer, "must": must, "source": text, "most": LONGEST, "group": genre.key}
    return {"messages": messages, "ability": "summary", "check": check}


def fresh(base: str, main: dict, small) -> str:
    """一个小值，与主要的那些都不同。"""
    for _ in range(100):
        value = small(base)
        if value not in main.values():
            return value
    raise ValueError(f"{base} 造不出与 {main} 不同的值")
