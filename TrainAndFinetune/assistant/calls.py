"""工具的一次使用：换一身写法的工具、用户的一句话、调用、结果、答复。`tools.py` 与 `react.py` 都用它。

教什么：同一个工具在不同的对话里名字与参数名不同，答案只能从 schema 里读出来；能算的结果是真算的。
不教什么：对话怎样组成（`tools.py`、`react.py`）。
不是脚本。对应笔记：`assistant.md`。
"""

import ast
import datetime
import json
import operator
import random
from dataclasses import dataclass, field

from TrainAndFinetune.assistant import arguments, catalogue, phrases, slots, wording
from TrainAndFinetune.assistant.catalogue import Tool

SIGNS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv}
FACTORS = {("km", "mile"): 0.6214, ("kg", "lb"): 2.2046, ("cm", "inch"): 0.3937}
ERRORS = ("没有这条记录", "服务超时", "没有权限", "参数不对", "暂时不可用", "没有找到")


@dataclass(frozen=True)
class Skin:
    """一个工具在一段对话里的写法。"""

    tool: Tool
    name: str
    about: str
    keys: dict[str, str]  # 槽位名 -> 参数名
    abouts: dict[str, str]

    def properties(self) -> dict:
        return {self.keys[p.slot]: arguments.schema(p, self.abouts[p.slot]) for p in self.tool.params}

    def parameters(self) -> dict:
        required = [self.keys[p.slot] for p in self.tool.params if p.required]
        return {"type": "object", "properties": self.properties(), "required": required}

    def spec(self) -> dict:
        """OpenAI 的写法。"""
        function = {"name": self.name, "description": self.about, "parameters": self.parameters()}
        return {"type": "function", "function": function}


@dataclass(frozen=True)
class Request:
    """用户的一句话和它该引出的调用。"""

    skin: Skin
    text: str  # 没有开头与结尾的一句话
    arguments: dict
    result: str
    spoken: dict = field(default_factory=dict)  # 槽位 -> 话里的说法

    def call(self) -> dict:
        return {"name": self.skin.name, "arguments": self.arguments}


def dress_tool(tool: Tool, generator: random.Random) -> Skin:
    """随机选一身写法；没见过的工具只有一种。"""
    number = generator.randrange(12)  # 多半同一种叫法：x 与 y，first 与 second
    mixed = generator.random() < 0.4
    written = {p.slot: p.key.split("|") for p in tool.params}
    keys = {slot: generator.choice(ks) if mixed else ks[number % len(ks)] for slot, ks in written.items()}
    if len(set(keys.values())) < len(keys):  # 两个参数碰巧同名，用第一种写法
        keys = {p.slot: p.slot for p in tool.params}
    silent = generator.random() < 0.2  # 有的 schema 不写参数的说明
    abouts = {p.slot: "" if silent else generator.choice(p.about.split("|")) for p in tool.params}
    return Skin(tool, generator.choice(tool.names.split("|")), generator.choice(tool.about.split("|")), keys, abouts)


def draw_values(tool: Tool, split: str, generator: random.Random, today=None) -> dict[str, tuple[str, object]]:
    """每个参数的（说法，值）；同种的两个参数不相同，单位换算的两个单位是同一类，日期先后有序。"""
    while True:
        drawn = {p.slot: arguments.value(p, split, generator, today) for p in tool.params}
        found = [json.dumps(value, ensure_ascii=False) for _, value in drawn.values()]
        pair = tuple(drawn[slot][1] for slot in ("from_unit", "to_unit") if slot in drawn)
        ordered = "end" not in drawn or drawn["start"][1] < drawn["end"][1]
        if len(set(found)) == len(found) and ordered and (not pair or factor(*pair)):
            return drawn


def factor(a: str, b: str) -> float | None:
    """从单位 a 到 b 乘多少；不是一类就是 None。"""
    return FACTORS.get((a, b)) or (1 / FACTORS[b, a] if (b, a) in FACTORS else None)


def arithmetic(text: str) -> float:
    """加减乘除与括号；解析成语法树再算，不用 eval。

    >>> arithmetic("(2+3)*4")
    20
    """

    def walk(node):
        if isinstance(node, ast.BinOp):
            return SIGNS[type(node.op)](walk(node.left), walk(node.right))
        return node.value

    return walk(ast.parse(text, mode="eval").body)


def tidy(number: float) -> str:
    """至多两位小数，不留没用的零。

    >>> tidy(2.50), tidy(3)
    ('2.5', '3')
    """
    return f"{number:.2f}".rstrip("0").rstrip(".") if isinstance(number, float) else str(number)


def computed(tool: Tool, values: dict) -> str | None:
    """能真算的结果；不能算的是 None。"""
    if tool.key == "calculator":
        return tidy(arithmetic(values["expression"]))
    if tool.key in ("add", "multiply"):
        return tidy(values["a"] + values["b"] if tool.key == "add" else values["a"] * values["b"])
    if tool.key == "dose":
        return f"{tidy(values['weight_kg'] * values['mg_per_kg'])}毫克"
    if tool.key == "convert":
        return tidy(values["value"] * factor(values["from_unit"], values["to_unit"]))
    if tool.key == "datediff":
        start, end = (datetime.date.fromisoformat(values[key]) for key in ("start", "end"))
        return f"{(end - start).days}天"
    if tool.key == "donate":
        return f"每人{tidy(values['total'] / values['people'])}元"
    if tool.key == "bmi":
        return tidy(values["weight_kg"] / (values["height_cm"] / 100) ** 2)
    return None


def make_request(skin: Skin, split: str, generator: random.Random, today=None) -> Request:
    """一句用得着这个工具的话；句子里没说的可选参数不填。"""
    drawn = draw_values(skin.tool, split, generator, today)
    template = wording.pick(phrases.templates(split, f"tool.{skin.tool.key}"), generator)
    used = set(wording.slots_of(template))
    text = wording.fill(template, {slot: spoken for slot, (spoken, _) in drawn.items()})
    kept = {slot: value for slot, (_, value) in drawn.items() if slot in used}
    result = computed(skin.tool, kept) or wording.draw(
        wording.choose(skin.tool.result, generator), {}, lambda base: slots.small_value(base, split, generator)
    )
    arguments_ = {skin.keys[slot]: value for slot, value in kept.items()}
    ordered = {key: arguments_[key] for key in skin.properties() if key in arguments_}
    return Request(skin, text, ordered, result, {slot: drawn[slot][0] for slot in used})


def pick_targets(pool: tuple[Tool, ...], count: int, generator: random.Random) -> list[Tool]:
    """要用的几个工具，两两不抢同一句话。"""
    while True:
        chosen = generator.sample(pool, count)
        if not any(catalogue.rivals(a, b) for a in chosen for b in chosen):
            return chosen


def choose_skins(targets: list[Tool], split: str, size: int, generator: random.Random, banned=()) -> list[Skin]:
    """给一段对话选工具：targets 全在，再补别的到 size 个，次序打乱，名字不重复；banned 里的不选。"""
    pool = [t for t in catalogue.tools_of(split) if t not in targets and t not in banned]
    chosen = list(targets)
    for tool in generator.sample(pool, len(pool)):
        if len(chosen) < size and not any(catalogue.rivals(tool, other) for other in chosen):
            chosen.append(tool)
    while True:
        skins = [dress_tool(tool, generator) for tool in chosen]
        if len({skin.name for skin in skins}) == len(skins):
            return generator.sample(skins, len(skins))


def dump(value) -> str:
    """JSON，汉字不转义，分隔符与训练的模板相同。"""
    return json.dumps(value, ensure_ascii=False)
