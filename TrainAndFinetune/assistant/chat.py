"""短的闲聊：问候、我是谁、能做什么、书里的词、记住刚说的名字、照着说一遍；不能做的一句话说清。

教什么：答案短、说完就停；看病、报时这些办不到的事，固定的一句话。
不教什么：要资料或工具才能答的（`grounded.py`、`tools.py`）。
不是脚本；`from TrainAndFinetune.assistant import make_dialogues`。对应笔记：`assistant.md`。
"""

import random

from TrainAndFinetune.assistant import arguments, entities, phrases
from TrainAndFinetune.assistant.bundles import weighted
from TrainAndFinetune.assistant.terms import CHAPTERS, TERMS
from TrainAndFinetune.prompts import CHAT_SYSTEM

# 意图 -> (答案, 答案里至少要有的一个词，用 | 分开, 问的是什么)
FIXED = {
    "hello": ("你好！有什么可以帮你？", "你好|您好|帮", "打招呼"),
    "who": ("我是《LLM 学习之书》的助手。", "助手", "问你是谁、叫什么"),
    "able": ("我能根据资料回答、调用工具、提取信息、改写和概括。", "资料|工具|概括", "问能做什么"),
    "thanks": ("不客气。", "不客气|不用谢", "道谢"),
    "bye": ("再见！", "再见|拜拜", "告别"),
    "wrong": ("抱歉，把正确的内容告诉我，我再改。", "抱歉|对不起", "说答错了、不满意"),
    "human": ("不是，我是一个语言模型。", "语言模型|不是", "问是不是真人"),
    "praise": ("谢谢夸奖。", "谢谢", "夸奖"),
    "sad": ("听起来不容易，愿意说说发生了什么吗？", "说说|不容易", "说心情不好、累"),
    "now": ("我不知道现在的时间。", "不知道|不清楚", "问现在几点、今天几号"),
    "live": ("我查不到实时信息。", "查不到|没有实时|实时", "没有工具时问天气、股价、新闻"),
    "doctor": ("我不能诊断，请看医生。", "医生", "说自己的症状，问得了什么病、开什么药"),
    "urgent": ("请马上拨打 120。", "120", "说胸痛、昏迷、中毒等急症"),
    "size": ("我由 2.7 亿参数的模型微调而来。", "2.7 亿|2.7亿", "问模型多大、有多少参数"),
    "offline": ("不用，我在本地运行。", "本地|不用", "问要不要联网"),
    "remember": ("只记得这次对话。", "这次对话|记得", "问会不会记住说过的话"),
    "book": ("从 PyTorch 讲到智能体，一共七章。", "七章|PyTorch", "问这本书讲什么、有几章"),
    "language": ("会一点，我主要用中文。", "中文", "问会不会外语"),
    "joke": ("程序员去买菜，妻子说有西瓜就买两个，他买回两根葱。", "程序员|葱", "要听笑话"),
    "source": ("没有资料时我只凭训练里学到的，可能不准。", "不准|训练", "问答案的来源、准不准"),
}
KINDS = (("fixed", 34), ("term", 30), ("chapter", 6), ("name", 9), ("echo", 9), ("sum", 6), ("memory", 6))
WORDS = ("好的", "收到", "明白", "可以", "完成", "是", "同意", "稍等", "没问题", "开始")


def words(text: str) -> list[str]:
    return text.split("|")


def short_turn(split: str, generator: random.Random, kind: str = "") -> tuple[str, dict]:
    """一问一答：(问题, {"answer": 答案, "any": 至少要有的词})。"""
    kind = kind or weighted(KINDS[:3], generator)
    if kind == "term":
        term = generator.choice(list(TERMS))
        text, (answer, keys) = phrases.say(split, "chat.term", {"term": term}, generator), TERMS[term]
    elif kind == "chapter":
        number = generator.choice(list(CHAPTERS))
        text, (answer, keys) = phrases.say(split, "chat.chapter", {"number": number}, generator), CHAPTERS[number]
    elif kind == "echo":
        said = generator.choice((generator.choice(WORDS), generator.choice(arguments.MESSAGES)))
        text, answer, keys = phrases.say(split, "chat.echo", {"text": said}, generator), said, said
        return text, {"kind": "chat", "answer": answer, "exact": True}
    elif kind == "sum":
        a, b = generator.randrange(1, 20), generator.randrange(1, 20)
        text = phrases.say(split, "chat.sum", {"a": a, "b": b}, generator)
        return text, {"kind": "chat", "answer": f"{a + b}", "exact": True}
    else:
        intent = generator.choice(list(FIXED))
        text, (answer, keys, _) = phrases.say(split, f"chat.{intent}", {}, generator), FIXED[intent]
    return text, {"kind": "chat", "answer": answer, "any": words(keys)}


def name_turns(split: str, generator: random.Random) -> list[tuple[str, dict]]:
    """先说名字，再问名字。"""
    name = entities.pick_name("person", split, generator)[-2:]
    hello = phrases.say(split, "chat.name", {"name": name}, generator)
    ask = phrases.say(split, "chat.ask_name", {}, generator)
    return [
        (hello, {"kind": "chat", "answer": f"你好，{name}！", "any": [name]}),
        (ask, {"kind": "chat", "answer": f"你叫{name}。", "any": [name]}),
    ]


def memory_turns(split: str, generator: random.Random) -> list[tuple[str, dict]]:
    """先说一件事，再问它。"""
    topic, place = generator.choice(arguments.TODOS), entities.pick_name("place", split, generator)
    said = phrases.say(split, "chat.tell", {"todo": topic, "place": place}, generator)
    where = phrases.say(split, "chat.ask_place", {}, generator)
    return [
        (said, {"kind": "chat", "answer": "记住了。", "any": ["记住", "好", "知道"]}),
        (where, {"kind": "chat", "answer": f"{place}。", "any": [place]}),
    ]


def make(split: str, generator: random.Random) -> dict:
    """一段对话：训练集里有时先聊一两句别的。"""
    kind = weighted(KINDS, generator)
    if kind == "name":
        turns = name_turns(split, generator)
    elif kind == "memory":
        turns = memory_turns(split, generator)
    else:
        turns = [short_turn(split, generator, kind)]
    before = generator.choice((0, 0, 0, 1, 1, 2)) if split == "train" else 0
    turns = [short_turn(split, generator) for _ in range(before)] + turns
    messages = [{"role": "system", "content": CHAT_SYSTEM}] if generator.random() < 0.7 else []
    for text, check in turns:
        messages += [{"role": "user", "content": text}, {"role": "assistant", "content": check["answer"]}]
    return {"messages": messages, "ability": "chat", "check": {**turns[-1][1], "group": kind}}
