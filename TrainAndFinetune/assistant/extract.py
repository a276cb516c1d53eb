"""按 schema 提取：一段文字 -> 一个 JSON，键与次序照 schema，文字里没有的写 null。

教什么：键名在训练里有中文有英文、有长有短，值是原文或换算过的；没写的就是 null，不能编。
不教什么：语法约束（服务用 `response_format` 保证格式，保证不了内容）。
不是脚本；`from TrainAndFinetune.assistant import make_dialogues`。对应笔记：`assistant.md`。
"""

import random
from dataclasses import dataclass

from TrainAndFinetune.assistant import arguments, phrases, slots, wording
from TrainAndFinetune.assistant.arguments import Param
from TrainAndFinetune.assistant.calls import dump
from TrainAndFinetune.prompts import EXTRACT_SYSTEM

YES_NO = ((True, "可以|要|是"), (False, "不可以|不要|不是"))
PAY = (("cash", "现金"), ("card", "刷卡|信用卡"), ("transfer", "转账"))
SIZE = (("small", "小号"), ("medium", "中号"), ("large", "大号"))


@dataclass(frozen=True)
class Frame:
    """一种文字：名字、只在哪个集合出现（train 是都能用）、字段、是什么文字。"""

    key: str
    split: str
    means: str
    fields: tuple[Param, ...]


F = Param
FRAMES = (
    Frame("order", "train", "订货的话", (
        F("buyer|customer|买家|客户", "谁买", "person"), F("product|item|商品|货品", "买什么", "product"),
        F("quantity|count|数量|件数", "几件", "count"), F("ship_date|date|发货日期", "日期，YYYY-MM-DD", "date"),
        F("payment|pay|付款方式", "付款方式", "choice", choices=PAY), F("city|address|收货地", "送到哪", "city"))),
    Frame("contact", "train", "介绍一个人", (
        F("name|姓名|person", "姓名", "person"), F("company|公司|employer", "哪家公司", "company"),
        F("extension|phone|分机", "分机号", "number"), F("city|所在地|location", "在哪个城市", "city"),
        F("room|办公室|office", "办公室", "room"))),
    Frame("visit", "train", "预约看诊、上门的话", (
        F("patient|name|患者|姓名", "谁", "person"), F("symptom|症状|complaint", "症状", "symptom"),
        F("date|visit_date|日期", "日期，YYYY-MM-DD", "date"), F("time|时间|at", "时刻，HH:MM", "time"),
        F("doctor|医生", "医生", "person"), F("drug|用药|medicine", "在用的药", "drug"))),
    Frame("leaflet", "train", "说明书里的一段", (
        F("drug|name|药名", "药名", "drug"), F("times_per_day|每日次数|frequency", "一天几次", "count"),
        F("days|疗程|course_days", "用几天", "days"), F("side_effect|不良反应", "不良反应", "symptom"),
        F("maker|厂家|company", "谁生产", "company"))),
    Frame("event", "train", "活动的通知", (
        F("title|name|活动|主题", "名称", "title"), F("date|日期|day", "日期，YYYY-MM-DD", "date"),
            F("room|地点|place", "地点", "room"),
        F("speaker|主讲|host", "主讲人", "person"), F("seats|名额|capacity", "名额", "count"))),
    Frame("incident", "train", "故障、事故的记录", (
        F("place|地点|location", "哪里", "city"), F("device|设备|product", "什么设备", "product"),
            F("fault|故障|problem", "什么故障", "fault"),
        F("reporter|报告人|person", "谁报的", "person"), F("minutes|时长|duration", "停了几分钟", "minutes"))),
    Frame("expense", "train", "报销的话", (
        F("person|报销人|name", "谁", "person"), F("amount|金额|total", "多少元", "price"),
            F("city|出差地|destination", "去哪", "city"),
        F("date|日期|day", "日期，YYYY-MM-DD", "date"), F("invoice|发票号|code", "发票号", "code"))),
    Frame("book", "train", "介绍一本书", (
        F("title|书名|name", "书名", "title"), F("author|作者|writer", "作者", "person"), F("price|定价|cost",
            "多少元", "price"),
        F("press|出版社|publisher", "谁出版", "company"), F("shelf|架位|location", "架位", "room"))),
    Frame("recipe", "train", "做菜的话", (
        F("dish|菜名|name", "菜名", "dish"), F("minutes|时长|duration", "几分钟", "minutes"), F("people|份数|serves",
            "几人份", "count"),
        F("spice|调料|seasoning", "调料", "spice"), F("oven|温度|temperature", "多少度", "price"))),
    Frame("trip", "train", "行程", (
        F("traveller|name|旅客", "谁", "person"), F("from_city|出发地|origin", "从哪", "city"),
            F("to_city|目的地|destination", "到哪", "city"),
        F("date|日期|day", "日期，YYYY-MM-DD", "date"), F("nights|晚数|stay", "住几晚", "count"))),
    Frame("lost", "dev", "寻物的话", (
        F("owner", "谁丢的", "person"), F("item", "什么东西", "product"), F("place", "在哪丢的", "city"), F("date",
            "日期，YYYY-MM-DD", "date"))),
    Frame("parcel", "test", "寄快递的话", (
        F("sender", "寄件人", "person"), F("receiver", "收件人", "person"), F("city", "寄到哪", "city"), F("number",
            "单号", "number"),
        F("pieces", "几件", "count"))),
)  # fmt: skip


def frames_of(split: str) -> list[Frame]:
    return [frame for frame in FRAMES if frame.split in ("train", split)]


def field_value(field: Param, split: str, generator: random.Random) -> tuple[str, object]:
    """一个字段的（说法，值）；药、病、故障这些小值在 `slots.py`。"""
    if field.kind in slots.LISTS:
        text = slots.small_value(field.kind, split, generator)
        return text, text
    return arguments.value(field, split, generator)


def nullable(made: dict, described: bool) -> dict:
    """参数的 schema 改成可以是 null；日期与时刻的写法总要说明。"""
    keep = described or "YYYY" in made["description"] or "HH" in made["description"]
    changed = {"type": [made["type"], "null"]}
    if "enum" in made:
        changed["enum"] = [*made["enum"], None]
    return changed | ({"description": made["description"]} if keep else {})


def order_of(frame: Frame, split: str, fields: list[Param], generator: random.Random) -> list[Param]:
    """句子的次序：开头的字段多半在最前。"""
    rest = generator.sample(fields[1:], len(fields) - 1)
    return [fields[0], *rest] if generator.random() < 0.7 else generator.sample(fields, len(fields))


def make(split: str, generator: random.Random) -> dict:
    """一段文字，问其中几个字段；零到两个字段文字里没写。"""
    special = [frame for frame in FRAMES if frame.split == split and split != "train"]
    fresh = bool(special) and generator.random() < 0.3
    frame = generator.choice(special if fresh else [f for f in FRAMES if f.split == "train"])
    drawn: dict[str, tuple[str, object]] = {}
    while len({str(value) for _, value in drawn.values()}) < len(frame.fields):
        drawn = {field.slot: field_value(field, split, generator) for field in frame.fields}
    absent = set(generator.sample([f.slot for f in frame.fields], generator.choice((0, 0, 1, 1, 2))))
    told = [field for field in frame.fields if field.slot not in absent]
    pieces = [
        phrases.say(split, f"extract.{frame.key}.{field.slot}", {"v": drawn[field.slot][0]}, generator)
        for field in order_of(frame, split, told, generator)
    ]
    text = wording.pick(phrases.templates(split, "extract.join"), generator).join(pieces) + "。"
    asked = generator.sample(frame.fields, generator.randrange(min(3, len(frame.fields)), len(frame.fields) + 1))
    language = generator.choice(("first", "any"))
    keys = {f.slot: f.slot if language == "first" else generator.choice(f.key.split("|")) for f in asked}
    described = generator.random() < 0.5
    made = {keys[f.slot]: nullable(arguments.schema(f, f.about), described) for f in asked}
    answer = {keys[f.slot]: None if f.slot in absent else drawn[f.slot][1] for f in asked}
    schema = {"type": "object", "properties": made, "required": list(made)}
    messages = [
        {"role": "system", "content": EXTRACT_SYSTEM.format(schema=dump(schema))},
        {"role": "user", "content": text},
        {"role": "assistant", "content": dump(answer)},
    ]
    group = "unseen" if fresh else "seen"
    check = {"kind": "json", "answer": dump(answer), "value": answer, "schema": schema, "group": group}
    return {"messages": messages, "ability": "extract", "check": check}
