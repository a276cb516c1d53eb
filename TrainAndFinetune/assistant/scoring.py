"""评分：每一类题怎样算对，全由题目里的 `check` 决定，不问别的模型。

教什么：能逐字判的逐字判（答案、出处、工具名、参数、JSON）；不能的列出至少要有的词与上限。
不教什么：置信区间与表格（`evaluate_assistant.py`）。
不是脚本；`from TrainAndFinetune.assistant import score`。对应笔记：`assistant.md`。
"""

import json
import re

from TrainAndFinetune.assistant.arguments import fits
from TrainAndFinetune.assistant.wording import likeness
from TrainAndFinetune.prompts import REFUSAL

CALL = re.compile(r"<tool_call>(.*?)</tool_call>", re.DOTALL)
SENTENCE = re.compile(r"([^\[\]]+?)\s*((?:\[\d+\])+)")
ACTION = re.compile(r"Thought:[^\n]*\nAction: *([^\n]+)\nAction Input: *(.+)", re.DOTALL)
FINAL = re.compile(r"Thought:[^\n]*\nFinal Answer: *(.+)")
NUMBER = re.compile(r"\d+(?:\.\d+)?")
LONGEST = 60  # 闲聊与“没有工具”的答复最多几个字


def normal(text: str) -> str:
    """去掉空白与首尾的标点，全角的逗号冒号括号换成半角：这些不算错。

    >>> normal(" 一次2片， 饭后。")
    '一次2片,饭后'
    """
    text = re.sub(r"\s+", "", text).translate(str.maketrans("，：；（）！？～", ",:;()!?~"))
    return text.strip("。.,;!?、:")


def answer_text(answer) -> str:
    """答案可以是一段文字，也可以是 OpenAI 形式的一条消息（带 tool_calls）。"""
    if isinstance(answer, str):
        return answer.strip()
    text = answer.get("content") or ""
    for call in answer.get("tool_calls") or []:
        function = call["function"]
        arguments = function["arguments"]
        arguments = arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)
        text += f'<tool_call>{{"name": "{function["name"]}", "arguments": {arguments}}}</tool_call>'
    return text.strip()


def parse(text: str):
    """JSON 或 None。"""
    try:
        return json.loads(text)
    except ValueError:
        return None


def same(a, b) -> bool:
    """两个 JSON 值相等；1 与 1.0 相等，true 与 1 不相等，字符串首尾的空白不算。"""
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    if isinstance(a, str) and isinstance(b, str):
        return a.strip() == b.strip()
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    return a == b


def grade_answer(check: dict, text: str) -> dict:
    """有出处的答案：每句的文字与编号都对，句子的次序不算。"""
    said = [(normal(body), re.findall(r"\d+", cites)) for body, cites in SENTENCE.findall(text)]
    rest = normal(SENTENCE.sub("", text).replace("。", ""))
    wanted = check["sentences"]
    right_text = right_cite = 0
    for one in wanted:
        accept = {normal(accepted) for accepted in one["accept"]}
        right_text += any(body in accept for body, _ in said)
        right_cite += any(body in accept and cites == [str(one["cite"])] for body, cites in said)
    whole = len(said) == len(wanted) and not rest
    return {
        "text": whole and right_text == len(wanted),
        "cited": whole and right_cite == len(wanted),
        "refused": normal(text) == REFUSAL,
        "exact": whole and right_cite == len(wanted),
    }


def grade_refusal(check: dict, text: str) -> dict:
    refused = normal(text) == REFUSAL
    return {"refused": refused, "exact": refused}


def calls_in(text: str) -> list:
    """答案里的调用；不是 JSON 的记成 None。"""
    return [parse(body) for body in CALL.findall(text)]


def grade_call(check: dict, text: str) -> dict:
    """调用：工具名都对；名与参数都对，次序也对，此外没有别的话。"""
    made, wanted = calls_in(text), check["calls"]
    named = [call.get("name") if isinstance(call, dict) else None for call in made]
    rest = CALL.sub("", text).strip()
    return {
        "called": bool(made),
        "tool": named == [call["name"] for call in wanted],
        "exact": not rest and len(made) == len(wanted) and all(map(same, made, wanted)),
    }


def grade_no_call(check: dict, text: str) -> dict:
    """不该调用：没有调用，有一句不长的话；缺参数时要说出缺哪个。"""
    quiet = "<tool_call>" not in text and 0 < len(text) <= LONGEST
    wanted = check.get("any")
    return {"quiet": quiet, "exact": quiet and (not wanted or any(word in text for word in wanted))}


def grade_say(check: dict, text: str) -> dict:
    """结果之后的答复：要说的都说了，没有多出来的数。"""
    has = all(normal(word) in normal(text) for word in check["must"])
    known = set(NUMBER.findall(" ".join(check["must"])))
    clean = "<tool_call>" not in text and set(NUMBER.findall(text)) <= known
    return {"has": has, "exact": has and clean}


def grade_chat(check: dict, text: str) -> dict:
    if check.get("exact"):
        return {"exact": normal(text) == normal(check["answer"])}
    return {"exact": 0 < len(text) <= LONGEST and any(word in text for word in check["any"])}


def grade_action(check: dict, text: str) -> dict:
    """ReAct 的一步：格式、工具名、参数；不能自己编出 Observation。"""
    match = ACTION.fullmatch(text)
    made = parse(match[2]) if match else None
    tool = bool(match) and match[1].strip() == check["name"]
    return {"format": made is not None, "tool": tool, "exact": tool and same(made, check["arguments"])}


def grade_final(check: dict, text: str) -> dict:
    match = FINAL.fullmatch(text)
    said = normal(match[1]) if match else ""
    wanted = not check.get("any") or any(word in said for word in check["any"])
    known = set(NUMBER.findall(" ".join(check["must"])))
    has = bool(match) and all(normal(word) in said for word in check["must"])
    extra = bool(known) and not set(NUMBER.findall(said)) <= known  # 多出来的数是编的
    return {"format": bool(match), "exact": has and wanted and not extra}


def grade_json(check: dict, text: str) -> dict:
    """提取：能解析、合 schema、键的次序、每个值。"""
    made = parse(text)
    properties = check["schema"]["properties"]
    keys = isinstance(made, dict) and list(made) == list(properties)
    valid = keys and all(value is None or fits(bare(properties[key]), value) for key, value in made.items())
    right = sum(same(made.get(key), value) for key, value in check["value"].items()) if isinstance(made, dict) else 0
    return {"parsed": made is not None, "valid": valid, "fields": right, "exact": keys and same(made, check["value"])}


def bare(made: dict) -> dict:
    """可以是 null 的 schema -> 不含 null 的。"""
    return made | {"type": made["type"][0]}


def grade_text(check: dict, text: str) -> dict:
    accept = [check["answer"], *check.get("accept", [])]
    return {"exact": normal(text) in {normal(one) for one in accept}}


def grade_summary(check: dict, text: str) -> dict:
    """概括：要紧的都在，不长，一句话，没有原文里没有的数，也没有细节里的数。"""
    has = all(normal(word) in normal(text) for word in check["must"])
    known = set(NUMBER.findall(" ".join(check["must"])))
    short = len(text) <= max(check["most"], len(check["answer"]) + 10) and text.count("。") <= 1
    return {"has": has, "short": short, "exact": has and short and set(NUMBER.findall(text)) <= known}


def grade_plan(check: dict, text: str) -> dict:
    """步骤：编号从 1 连续，不超过上限，一步对一步；措辞可以略有不同。"""
    lines = [line for line in text.split("\n") if line.strip()]
    numbered = all(line.startswith(f"{i}. ") for i, line in enumerate(lines, start=1))
    steps = [normal(line.partition(". ")[2]) for line in lines]
    few = 0 < len(steps) <= check["most"]
    right = len(steps) == len(check["steps"]) and all(
        likeness(step, normal(wanted)) >= 0.6 for step, wanted in zip(steps, check["steps"])
    )
    return {"format": numbered and few, "exact": numbered and few and right}


GRADERS = {
    "answer": grade_answer,
    "refusal": grade_refusal,
    "call": grade_call,
    "no_call": grade_no_call,
    "say": grade_say,
    "chat": grade_chat,
    "action": grade_action,
    "final": grade_final,
    "json": grade_json,
    "text": grade_text,
    "summary": grade_summary,
    "plan": grade_plan,
}


def grade(dialogue: dict, answer) -> dict:
    """一题的各项：`exact` 是总的对不对，别的项随题目的种类（见 GRADERS）。"""
    check = dialogue["check"]
    return GRADERS[check["kind"]](check, answer_text(answer))


def score(dialogue: dict, answer) -> bool:
    """对不对。answer 是模型写的文字，或 OpenAI 形式的消息。"""
    return bool(grade(dialogue, answer)["exact"])


def gold(dialogue: dict):
    """标准答案：最后一条助手的消息。"""
    return dialogue["messages"][-1]
