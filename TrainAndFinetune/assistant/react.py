"""ReAct：一轮写一次想法与一次动作，看了 Observation 再写下一步，最后写 Final Answer。

教什么：一步、两步、三步的任务；后一步的参数来自前一步的结果；没有工具就直接说。
不教什么：解析与循环（第 7 章）；工具（`catalogue.py`）。
不是脚本；`from TrainAndFinetune.assistant import make_dialogues`。对应笔记：`assistant.md`。
"""

import random
from collections.abc import Callable

from TrainAndFinetune.assistant import calls, catalogue, chat, phrases, slots
from TrainAndFinetune.assistant.arguments import value
from TrainAndFinetune.assistant.bundles import weighted
from TrainAndFinetune.assistant.calls import Skin, dump, tidy
from TrainAndFinetune.assistant.tools import SIZES, outside
from TrainAndFinetune.prompts import (
    FAILED,
    NO_TOOL,
    REACT_ACTION,
    REACT_FINAL,
    REACT_OBSERVATION,
    REACT_QUESTION,
    REACT_SYSTEM,
    REACT_TOOL,
)

KINDS = (("one", 30), ("both", 16), ("chain", 38), ("none", 8), ("chat", 8))
FIRST, NEXT, DONE, NOT_NEEDED, MISSING = "要{short}", "接着{short}", "有结果了", "不用工具", "没有合适的工具"
Step = tuple[Skin, dict, str]  # 工具、参数、结果


def system(skins: list[Skin]) -> str:
    """系统提示：一个工具一行。"""
    lines = [REACT_TOOL.format(name=s.name, description=s.about, parameters=dump(s.properties())) for s in skins]
    return REACT_SYSTEM.format(tools="\n".join(lines))


def spoken(skins: dict[str, Skin], key: str, split: str, generator: random.Random) -> tuple[str, dict]:
    """一个工具的必填参数各取一个值：(第一个参数的说法, 参数)。"""
    drawn = calls.draw_values(skins[key].tool, split, generator)
    needed = [p.slot for p in skins[key].tool.params if p.required]
    return drawn[needed[0]][0], {skins[key].keys[slot]: drawn[slot][1] for slot in needed}


def with_keys(skin: Skin, **values) -> dict:
    """槽位名的参数 -> 这一身写法的参数，次序照 schema。"""
    made = {skin.keys[slot]: found for slot, found in values.items()}
    return {key: made[key] for key in skin.properties() if key in made}


def chain_total(skins: dict[str, Skin], split: str, generator: random.Random):
    """先查单价，再乘件数。"""
    product, args = spoken(skins, "price", split, generator)
    price, n = slots.small_value("price", split, generator), generator.randrange(2, 30)
    expression, total = f"{price}*{n}", tidy(int(price) * n)
    steps = [(skins["price"], args, f"{price}元")]
    steps.append((skins["calculator"], with_keys(skins["calculator"], expression=expression), total))
    return {"product": product, "n": n}, steps, f"{total}元"


def chain_gap(skins: dict[str, Skin], split: str, generator: random.Random):
    """先查两件商品的价格，再算差多少。"""
    (a, args_a), (b, args_b) = (spoken(skins, "price", split, generator) for _ in range(2))
    high, low = sorted((generator.randrange(20, 900) * 10 for _ in range(2)), reverse=True)
    if a == b or high == low:
        return chain_gap(skins, split, generator)
    steps = [(skins["price"], args_a, f"{high}元"), (skins["price"], args_b, f"{low}元")]
    calculation = with_keys(skins["calculator"], expression=f"{high}-{low}")
    return {"a": a, "b": b}, [*steps, (skins["calculator"], calculation, str(high - low))], f"{high - low}元"


def chain_tell(skins: dict[str, Skin], split: str, generator: random.Random):
    """先查订单，再把结果告诉一个人。"""
    order, args = spoken(skins, "order", split, generator)
    person, _ = spoken(skins, "message", split, generator)
    status = generator.choice(("已发货", "配送中", "待付款", "已签收"))
    send = with_keys(skins["message"], to=person, content=status)
    steps = [(skins["order"], args, status), (skins["message"], send, "已发送")]
    return {"order": order, "person": person}, steps, f"{status}，已发送"


def chain_save(skins: dict[str, Skin], split: str, generator: random.Random):
    """先查分机，再写进文件。"""
    person, args = spoken(skins, "contact", split, generator)
    path, _ = spoken(skins, "write_file", split, generator)
    phone = slots.small_value("phone", split, generator)
    save = with_keys(skins["write_file"], path=path, content=phone)
    steps = [(skins["contact"], args, phone), (skins["write_file"], save, "已写入")]
    return {"person": person, "path": path}, steps, f"{phone}，已写入"


def chain_dose(skins: dict[str, Skin], split: str, generator: random.Random):
    """先查说明书里每公斤的量，再按体重算。"""
    drug, _ = spoken(skins, "leaflet", split, generator)
    section = "用法用量"
    per_kg, weight = generator.randrange(2, 20), generator.randrange(8, 80)
    steps = [(skins["leaflet"], with_keys(skins["leaflet"], drug=drug, section=section), f"每公斤{per_kg}毫克")]
    total = f"{per_kg * weight}毫克"
    steps.append((skins["dose"], with_keys(skins["dose"], weight_kg=weight, mg_per_kg=per_kg), total))
    return {"drug": drug, "weight": weight}, steps, total


def chain_remind(skins: dict[str, Skin], split: str, generator: random.Random):
    """先查课的时间，再设提醒。"""
    course, args = spoken(skins, "course", split, generator)
    clock = f"{generator.randrange(8, 21):02d}:{generator.choice(('00', '30'))}"
    content = f"上{course}"
    steps = [(skins["course"], args, f"{clock}，{slots.small_value('room', split, generator)}")]
    steps.append((skins["reminder"], with_keys(skins["reminder"], content=content, time=clock), "已设好"))
    return {"course": course}, steps, f"{clock}，已设好"


def chain_file(skins: dict[str, Skin], split: str, generator: random.Random):
    """先读文件里的算式，再算。"""
    path, args = spoken(skins, "read_file", split, generator)
    parameter = next(p for p in skins["calculator"].tool.params)
    written = str(value(parameter, split, generator)[1])
    total = tidy(calls.arithmetic(written))
    steps = [(skins["read_file"], args, written)]
    steps.append((skins["calculator"], with_keys(skins["calculator"], expression=written), total))
    return {"path": path}, steps, total


# 名字 -> (要哪些工具, 造的函数)
CHAINS: dict[str, tuple[tuple[str, ...], Callable]] = {
    "total": (("price", "calculator"), chain_total),
    "gap": (("price", "calculator"), chain_gap),
    "tell": (("order", "message"), chain_tell),
    "save": (("contact", "write_file"), chain_save),
    "dose": (("leaflet", "dose"), chain_dose),
    "remind": (("course", "reminder"), chain_remind),
    "file": (("read_file", "calculator"), chain_file),
}


def chain(split: str, size: int, generator: random.Random) -> tuple[list[Skin], str, list[Step], str]:
    """后一步用前一步结果的任务。"""
    name = generator.choice(list(CHAINS))
    keys, build = CHAINS[name]
    targets = [tool for tool in catalogue.TRAIN if tool.key in keys]
    skins = calls.choose_skins(targets, split, max(size, 2), generator)
    values, steps, answer = build({skin.tool.key: skin for skin in skins}, split, generator)
    return skins, phrases.say(split, f"react.{name}", values, generator), steps, answer


def separate(kind: str, split: str, size: int, fresh: bool, generator: random.Random):
    """一次调用，或互不相干的两次。"""
    count = 2 if kind == "both" else 1
    pool = catalogue.unseen(split) if fresh else catalogue.TRAIN
    targets = calls.pick_targets(pool, count, generator)
    skins = calls.choose_skins(targets, split, max(size, count), generator)
    by_key = {skin.tool.key: skin for skin in skins}
    requests = [calls.make_request(by_key[tool.key], split, generator) for tool in targets]
    text = requests[0].text
    if count == 2:
        text = phrases.say(split, "both", {"a": requests[0].text, "b": requests[1].text}, generator)
    return skins, text, [(r.skin, r.arguments, r.result) for r in requests], "，".join(r.result for r in requests)


def action(step: Step, first: bool) -> tuple[str, dict]:
    """一步的文字与评分要的。"""
    skin, arguments, _ = step
    thought = (FIRST if first else NEXT).format(short=skin.tool.short)
    text = REACT_ACTION.format(thought=thought, action=skin.name, arguments=dump(arguments))
    return text, {"kind": "action", "name": skin.name, "arguments": arguments, "answer": text}


def final(thought: str, answer: str, must: list[str]) -> tuple[str, dict]:
    text = REACT_FINAL.format(thought=thought, answer=answer)
    return text, {"kind": "final", "must": must, "answer": text}


def play(steps: list[Step], answer: str, stop: int, generator: random.Random) -> tuple[list[str], dict]:
    """助手与 Observation 轮流说的话（助手先、助手后），到第 stop 步为止；工具失败就在那一步结束。"""
    said, check = [], {}
    for i, step in enumerate(steps):
        text, check = action(step, i == 0)
        said.append(text)
        if i == stop:
            return said, check
        if generator.random() < 0.07:
            reason = generator.choice(calls.ERRORS)
            said.append(REACT_OBSERVATION.format(result=f"错误：{reason}"))
            text, check = final("工具失败了", FAILED.format(reason=reason), [reason])
            return [*said, text], check
        said.append(REACT_OBSERVATION.format(result=step[2]))
    text, check = final(DONE, f"{answer}。", answer.split("，"))
    return [*said, text], check


def without_tools(kind: str, split: str, size: int, generator: random.Random):
    """不用工具，或没有合适的工具：直接写 Final Answer。"""
    banned = tuple(t for t in catalogue.TRAIN if t.generic)
    skins = calls.choose_skins([], split, size, generator, banned)
    request = outside(skins, split, generator) if kind == "none" else None
    if request:
        text, check = final(MISSING, NO_TOOL, ["没有"])
        return skins, request.text, [text], check
    question, wanted = chat.short_turn(split, generator)
    text, check = final(NOT_NEEDED, wanted["answer"], [])
    return skins, question, [text], {**check, "any": wanted["any"]}


def make(split: str, generator: random.Random, kind: str = "", fresh: bool | None = None) -> dict:
    """一段对话；训练集里是完整的一串，开发集与测试集停在随机的一步，考下一步写什么。"""
    unseen = catalogue.unseen(split)
    fresh = bool(unseen) and (generator.random() < 0.4 if fresh is None else fresh)
    kind, size = kind or weighted(KINDS, generator), weighted(SIZES, generator)
    if kind in ("none", "chat"):
        skins, question, said, check = without_tools(kind, split, size, generator)
    else:
        builder = chain(split, size, generator) if kind == "chain" else separate(kind, split, size, fresh, generator)
        skins, question, steps, answer = builder
        stop = len(steps) if split == "train" else generator.randrange(len(steps) + 1)
        said, check = play(steps, answer, stop, generator)
    question = phrases.dress(question, split, generator)
    messages = [{"role": "system", "content": system(skins)}]
    messages.append({"role": "user", "content": REACT_QUESTION.format(question=question)})
    for i, text in enumerate(said):
        messages.append({"role": "user" if i % 2 else "assistant", "content": text})
    group = f"{kind}.{'unseen' if fresh and kind in ('one', 'both') else 'seen'}"
    return {"messages": messages, "ability": "react", "check": {**check, "group": group}}
