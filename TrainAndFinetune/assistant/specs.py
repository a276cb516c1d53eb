"""用你自己的任务替换：一个二十行的 TOML 文件 -> 训练与开发的对话，格式与助手的数据相同。

教什么：任务写成“说法的模板 + 会换掉的值 + 标准答案”，就能造几千条；说法与值都留一部分不训练，才知道学会了没有。
不教什么：训练（`finetune.py`）。例子见 `task_example.toml`。

文件的格式：
    name = "任务名"
    system = "系统提示"
    answer = "标准答案的模板，{intent} 是意图的名字，{槽位} 是值"
    rows = 400                      # 训练集几条，开发集是它的四分之一
    held_out = ["product"]          # 这些槽位的值，四分之一只在开发集出现
    [slots]
    product = ["茶壶", "杯子"]
    [intents.refund]
    train = ["[想|要]退{product}"]  # `[甲|乙|]` 任选一个
    dev = ["{product}我不要了"]
    answer = "…"                    # 可以没有；有就代替上面的 answer
不是脚本；`python TrainAndFinetune/assistant/data.py --spec FILE`。对应笔记：`assistant.md`「用你自己的任务替换」。
"""

import random
import sys
from dataclasses import dataclass
from pathlib import Path

from book import UserError
from TrainAndFinetune.assistant import wording

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

KEYS = {"name": str, "system": str, "answer": str, "rows": int, "held_out": list, "slots": dict, "intents": dict}
SPLITS = ("train", "dev")


@dataclass(frozen=True)
class Task:
    """读好的任务。phrases[集合][意图] 是模板，values[集合][槽位] 是值，answers[意图] 是答案的模板。"""

    name: str
    system: str
    rows: int
    phrases: dict[str, dict[str, list[str]]]
    values: dict[str, dict[str, list[str]]]
    answers: dict[str, str]


def load(path: Path) -> Task:
    """读一个任务文件；写错了抛 UserError，说出哪一项。"""
    try:
        spec = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"读不了 {path}（{error.strerror}）；检查 --spec") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path} 不是 TOML（{error}）；照 task_example.toml 写") from None
    try:
        return parse(spec)
    except UserError as error:
        raise UserError(f"{path}：{error}") from None


def parse(spec: dict) -> Task:
    """TOML 的内容 -> Task。"""
    if unknown := [key for key in spec if key not in KEYS]:
        raise UserError(f"不认识 {'、'.join(unknown)}；可以写 {'、'.join(KEYS)}")
    for key, kind in KEYS.items():
        if key in spec and not isinstance(spec[key], kind):
            raise UserError(f"{key} 应当是 {kind.__name__}，收到 {spec[key]!r}")
    if missing := [key for key in ("name", "system", "intents") if not spec.get(key)]:
        raise UserError(f"缺 {'、'.join(missing)}；照 task_example.toml 写")
    intents, slots = spec["intents"], spec.get("slots", {})
    phrases = {split: {name: lines(one, name, split) for name, one in intents.items()} for split in SPLITS}
    answers = {name: one.get("answer", spec.get("answer", "")) for name, one in intents.items()}
    check_templates(phrases, answers, slots)
    rows = spec.get("rows", 400)
    if rows < 4:
        raise UserError(f"rows = {rows}，至少 4")
    return Task(spec["name"], spec["system"], rows, phrases, divide(slots, spec.get("held_out", [])), answers)


def lines(one, name: str, split: str) -> list[str]:
    """一个意图在一个集合里的模板。"""
    found = one.get(split) if isinstance(one, dict) else None
    if not isinstance(found, list) or not found or not all(isinstance(line, str) and line for line in found):
        raise UserError(f"intents.{name} 的 {split} 应当是一列句子，收到 {found!r}")
    return found


def check_templates(phrases: dict, answers: dict, slots: dict) -> None:
    """槽位都有值；答案用到的槽位，每个模板都要写；同一句话不能两个集合都有。"""
    for name, values in slots.items():
        if not isinstance(values, list) or not values or not all(isinstance(value, str) for value in values):
            raise UserError(f"slots.{name} 应当是一列字符串，收到 {values!r}")
    for intent, answer in answers.items():
        if not answer:
            raise UserError(f"intents.{intent} 没有 answer，最上面也没有")
        needed = {slot for slot in wording.slots_of(answer) if slot != "intent"}
        for line in phrases["train"][intent] + phrases["dev"][intent]:
            for text in wording.expansions(line):
                used = set(wording.slots_of(text))
                if missing := sorted(used - set(slots)):
                    raise UserError(f"intents.{intent} 的“{line}”用了 {missing[0]}，slots 里没有它")
                if missing := sorted(needed - used):
                    raise UserError(f"intents.{intent} 的答案要 {missing[0]}，“{line}”里却没有说")
        both = set(phrases["train"][intent]) & set(phrases["dev"][intent])
        if both:
            raise UserError(f"intents.{intent} 的“{both.pop()}”训练与开发都有；开发集要用没训练过的说法")


def divide(slots: dict[str, list[str]], held_out: list[str]) -> dict[str, dict[str, list[str]]]:
    """每个槽位的值分给两个集合：held_out 里的，每四个留一个给开发集；别的两边都用。"""
    if unknown := [name for name in held_out if name not in slots]:
        raise UserError(f"held_out 里的 {'、'.join(unknown)} 不在 slots 里")
    made: dict[str, dict[str, list[str]]] = {split: {} for split in SPLITS}
    for name, values in slots.items():
        if name in held_out and len(values) < 4:
            raise UserError(f"slots.{name} 只有 {len(values)} 个值，留不出开发集的；至少 4 个，或从 held_out 里去掉它")
        kept = values[::4] if name in held_out else []
        made["train"][name] = [value for value in values if value not in kept]
        made["dev"][name] = kept or values
    return made


def make_rows(task: Task, split: str, n: int | None = None, seed: int = 0) -> list[dict]:
    """一个集合的对话，题目各不相同；能造的不够 n 条，就有几条给几条。"""
    n = n or (task.rows if split == "train" else max(4, task.rows // 4))
    generator, made = random.Random(f"{task.name} {split} {seed}"), {}
    names = list(task.answers)
    for i in range(50 * n):
        if len(made) == n:
            break
        intent = names[i % len(names)]  # 各个意图一样多
        template = wording.pick(task.phrases[split][intent], generator)
        values = {slot: generator.choice(task.values[split][slot]) for slot in wording.slots_of(template)}
        question = wording.fill(template, values)
        answer = wording.fill(task.answers[intent], {**values, "intent": intent})
        made.setdefault(question, row(task, question, answer, intent))
    return list(made.values())


def row(task: Task, question: str, answer: str, intent: str) -> dict:
    messages = [
        {"role": "system", "content": task.system},
        {"role": "user", "content": question},
        {"role": "assistant", "content": answer},
    ]
    check = {"kind": "text", "answer": answer, "group": intent}
    return {"messages": messages, "ability": task.name, "check": check}
