"""工具调用：OpenAI 的 messages/tools 形式。选对工具、填对参数；没有合适的就直接说；缺参数就问；有了结果就答。

教什么：五种情形各占多少份；没见过的工具单独成一组来考。
不教什么：工具目录（`catalogue.py`）、一次调用怎么造（`calls.py`）。
不是脚本；`from TrainAndFinetune.assistant import make_dialogues`。对应笔记：`assistant.md`。
"""

import datetime
import random

from TrainAndFinetune.assistant import calls, catalogue, chat, phrases
from TrainAndFinetune.assistant.bundles import weighted
from TrainAndFinetune.assistant.calls import Request, Skin, dump
from TrainAndFinetune.prompts import FAILED, NEED, NO_TOOL

KINDS = (("call", 54), ("result", 12), ("none", 13), ("chat", 6), ("missing", 8), ("both", 7))
SIZES = ((1, 22), (2, 30), (3, 26), (4, 14), (5, 8))


def call_message(requests: list[Request], first: int) -> dict:
    """助手的一条调用消息；编号从 first 起。"""
    made = [
        {"id": f"call_{i}", "type": "function", "function": {"name": r.skin.name, "arguments": dump(r.arguments)}}
        for i, r in enumerate(requests, start=first)
    ]
    return {"role": "assistant", "content": None, "tool_calls": made}


def tool_result(result: str, failed: bool, generator: random.Random) -> str:
    """工具返回的文字：一句话或一个 JSON。"""
    if failed:
        return generator.choice((f"错误：{result}", dump({"error": result}), dump({"ok": False, "message": result})))
    return generator.choice((result, result, dump({"result": result}), dump({"ok": True, "data": result})))


def finish(requests: list[Request], first: int, generator: random.Random) -> tuple[list[dict], dict]:
    """调用之后：每次调用的结果、最后的答复，与评分要的。"""
    messages, answers, must = [], [], []
    for i, request in enumerate(requests, start=first):
        failed = len(requests) == 1 and generator.random() < 0.15
        result = generator.choice(calls.ERRORS) if failed else request.result
        content = tool_result(result, failed, generator)
        messages.append({"role": "tool", "tool_call_id": f"call_{i}", "content": content})
        answers.append(FAILED.format(reason=result) if failed else f"{result}。")
        must.append(result)
    answer = "".join(answers)
    messages.append({"role": "assistant", "content": answer})
    return messages, {"kind": "say", "answer": answer, "must": must}


def lacking(skin: Skin) -> str:
    """缺参数时的答复：要用的参数各叫什么。"""
    wanted = [skin.abouts[p.slot].split("，")[0] or skin.keys[p.slot] for p in skin.tool.params if p.required]
    return NEED.format(what="、".join(wanted))


def outside(skins: list[Skin], split: str, generator: random.Random) -> Request | None:
    """一句这些工具都办不了的话；办不到就是 None。"""
    have = [skin.tool for skin in skins]
    pool = [t for t in catalogue.tools_of(split) if not any(t is h or catalogue.related(t, h) for h in have)]
    return calls.make_request(calls.dress_tool(generator.choice(pool), generator), split, generator) if pool else None


def step(kind: str, skins: list[Skin], target: Skin, split: str, more: bool, first: int, generator, today=None):
    """一个来回：(消息, 评分要的)。more 表示后面还有话，调用要接着给出结果。"""
    if kind == "none" and (request := outside(skins, split, generator)):
        text = phrases.dress(request.text, split, generator)
        check = {"kind": "no_call", "answer": NO_TOOL, "wanted": request.skin.tool.key}
    elif kind == "missing":
        core = phrases.say(split, "missing", {"short": target.tool.short}, generator)
        answer = lacking(target)
        names = answer.removeprefix("还需要知道：").rstrip("。").split("、")
        text, check = phrases.dress(core, split, generator), {"kind": "no_call", "answer": answer, "any": names}
    elif kind in ("none", "chat"):
        text, check = chat.short_turn(split, generator)
        check = {**check, "kind": "no_call"}
    else:
        return calling(kind, skins, target, split, more, first, generator, today)
    return [{"role": "user", "content": text}, {"role": "assistant", "content": check["answer"]}], check


def calling(kind: str, skins: list[Skin], target: Skin, split: str, more: bool, first: int, generator, today=None):
    """要用工具的一个来回；both 是一句话两次调用。"""
    requests = [calls.make_request(target, split, generator, today)]
    core = requests[0].text
    if kind == "both":
        second = generator.choice([skin for skin in skins if skin is not target] or [target])
        requests.append(calls.make_request(second, split, generator, today))
        core = phrases.say(split, "both", {"a": requests[0].text, "b": requests[1].text}, generator)
    messages = [{"role": "user", "content": phrases.dress(core, split, generator)}, call_message(requests, first)]
    check = {"kind": "call", "calls": [request.call() for request in requests]}
    if more or kind == "result":
        rest, check = finish(requests, first, generator)
        messages += rest
    return messages, check


def make(split: str, generator: random.Random, kind: str = "", fresh: bool | None = None) -> dict:
    """一段对话；fresh 决定用不用训练里没有的工具（None 是随机，训练集里没有）。"""
    unseen = catalogue.unseen(split)
    fresh = bool(unseen) and (generator.random() < 0.5 if fresh is None else fresh)
    kind = kind or weighted(KINDS, generator)
    steps = generator.choice((1, 1, 2, 2, 3)) if split == "train" else 1
    targets = calls.pick_targets(unseen if fresh else catalogue.TRAIN, steps, generator)
    size = max(weighted(SIZES, generator), steps + (kind == "both"))
    banned = tuple(t for t in catalogue.TRAIN if t.generic) if kind == "none" else ()
    skins = calls.choose_skins([t for t in targets if t not in banned] or targets, split, size, generator, banned)
    messages: list[dict] = []
    today = (
        datetime.date(2026, 1, 1) + datetime.timedelta(generator.randrange(700)) if generator.random() < 0.15 else None
    )
    if today or generator.random() < 0.5:
        system = f"今天是 {today.isoformat()}。" if today else phrases.say(split, "system", {}, generator)
        messages.append({"role": "system", "content": system})
    for i, tool in enumerate(targets):
        target = next((skin for skin in skins if skin.tool is tool), skins[0])
        this = kind if i == 0 else weighted(KINDS, generator)
        first = 1 + sum(len(m.get("tool_calls") or ()) for m in messages)
        more = i + 1 < steps or (split == "train" and generator.random() < 0.4)
        said, check = step(this, skins, target, split, more, first, generator, today)
        messages += said
    group = kind if kind in ("none", "chat") else f"{kind}.{'unseen' if fresh else 'seen'}"
    specs = [skin.spec() for skin in skins]
    return {"messages": messages, "tools": specs, "ability": "tools", "check": {**check, "group": group}}
