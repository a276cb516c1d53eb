"""答案 -> 数：每组一行（准确率、区间、各项、停没停），几条目标，几个答对与答错的例子。

教什么：每个比例都带 95 % 区间；拒答率与误拒率要一起看，只看一个，永远拒答的模型也是满分。
区间里只有“换一批题”的波动：没见过的工具开发集只有 6 个、测试集 8 个，换一批工具的波动更大，不在里面。
不教什么：一题怎样算对（`scoring.py`）。
不是脚本，由 `evaluate_assistant.py` 导入。对应笔记：`assistant.md`「评估」。
"""

from TrainAndFinetune.assistant import gold, grade
from TrainAndFinetune.assistant.scoring import answer_text
from TrainAndFinetune.assistant.systems import BROKEN, Answer
from TrainAndFinetune.task.measures import wilson

SHOWN, LONGEST = 3, 400  # 每组各给几个对的与错的例子，一段文字至多几个字
ANSWERABLE, CALLS = ("grounded_answer", "grounded_multi"), ("tools_seen", "tools_unseen")
# 目标 -> (哪几组, 哪一项)；几组合起来算
BARS = {
    "grounded_exact": (ANSWERABLE, "exact"),
    "refusal_rate": (("grounded_absent",), "refused"),
    "false_refusals": (ANSWERABLE, "refused"),
    "tool_choice": (CALLS, "tool"),
    "call_exact_seen": (("tools_seen",), "exact"),
    "call_exact_unseen": (("tools_unseen",), "exact"),
    "json_valid": (("extract",), "valid"),
    "stops": (None, "stops"),
}


def is_right(dialogue: dict, answer: Answer) -> bool:
    """答对：评分全对，而且是自己停的——停不下来的答案没法用。"""
    return answer.stopped and bool(grade(dialogue, answer.text)["exact"])


def parts_of(dialogue: dict, answer: Answer) -> dict[str, float]:
    """一题的各项；提取的 fields 换成字段对了几成。"""
    parts = {name: float(value) for name, value in grade(dialogue, answer.text).items() if name != "exact"}
    if "fields" in parts:
        parts["fields"] /= max(1, len(dialogue["check"]["value"]))
    return parts


def averages(rows: list[dict[str, float]]) -> dict[str, float]:
    """各项的平均；不是每题都有的项，只在有它的题上平均。

    >>> averages([{"format": 1.0, "tool": 0.0}, {"format": 0.0}])
    {'format': 0.5, 'tool': 0.0}
    """
    names = dict.fromkeys(name for row in rows for name in row)
    found = {name: [row[name] for row in rows if name in row] for name in names}
    return {name: sum(values) / len(values) for name, values in found.items()}


def row_of(items: list[dict], answers: list[Answer]) -> dict:
    """一组的一行：n、exact 与它的区间、自己停下的比例、平均几个词元、引擎解析不了的题数、各项。"""
    n, right = len(items), sum(map(is_right, items, answers))
    low, high = wilson(right, n)
    return {
        "n": n, "exact": right / n, "low": low, "high": high,
        "stops": sum(answer.stopped for answer in answers) / n,
        "tokens": sum(answer.tokens for answer in answers) / n,
        "broken": sum(answer.finish == BROKEN for answer in answers),
        "parts": averages(list(map(parts_of, items, answers))),
    }  # fmt: skip


def pooled(rows: dict[str, dict], groups: tuple[str, ...] | None, name: str) -> dict | None:
    """几组合起来的一个比例与区间；一组也没考就是 None。"""
    chosen = [rows[group] for group in groups or rows if group in rows]
    total = sum(row["n"] for row in chosen)
    if not total:
        return None
    right = round(sum(row["n"] * (row[name] if name in row else row["parts"][name]) for row in chosen))
    low, high = wilson(right, total)
    return {"value": right / total, "low": low, "high": high, "n": total}


def bars_of(rows: dict[str, dict], grammar: bool) -> dict[str, dict]:
    """一个系统的几条目标；加了语法约束的，JSON 那一条另有名字。"""
    made = {name: pooled(rows, *where) for name, where in BARS.items()}
    if grammar:
        made["json_valid_with_grammar"] = made.pop("json_valid")
    return {name: bar for name, bar in made.items() if bar}


def shorten(text: str, most: int = LONGEST) -> str:
    """太长就去掉中间：题目的末尾往往是问题，不能去。

    >>> shorten("一二三四五六七", 5)
    '一二…六七'
    """
    half = (most - 1) // 2
    return text if len(text) <= most else f"{text[: most - 1 - half]}…{text[-half:]}"


def sample_of(dialogue: dict, answer: Answer) -> dict:
    """一个例子：题目（系统提示以外的）、标准答案、写出来的，一字不改；有工具的列出名字。"""
    said = [answer_text(message) for message in dialogue["messages"][:-1] if message["role"] != "system"]
    texts = {"question": "\n".join(said), "gold": answer_text(gold(dialogue)), "answer": answer.text}
    names = [tool["function"]["name"] for tool in dialogue.get("tools") or []]
    made = {name: shorten(text) for name, text in texts.items()}
    return made | {"finish": answer.finish} | ({"tools": names} if names else {})


def samples_of(items: list[dict], answers: list[Answer]) -> dict[str, list[dict]]:
    """开头几个答对的与答错的。"""
    made: dict[str, list[dict]] = {"right": [], "wrong": []}
    for dialogue, answer in zip(items, answers):
        side = made["right" if is_right(dialogue, answer) else "wrong"]
        if len(side) < SHOWN:
            side.append(sample_of(dialogue, answer))
    return made


def show_row(group: str, row: dict) -> None:
    """一行。"""
    parts = "  ".join(f"{name} {value:.2f}" for name, value in row["parts"].items())
    print(
        f"  {group:16} {row['n']:4} 题  对 {row['exact']:.3f}（{row['low']:.3f}-{row['high']:.3f}）"
        f"  自己停 {row['stops']:.3f}  {row['tokens']:5.1f} 词元  {parts}",
        flush=True,
    )


def show_bars(bars: dict[str, dict]) -> None:
    """几条目标，一行一条。"""
    for name, bar in bars.items():
        print(f"  {name:24} {bar['value']:.3f}（{bar['low']:.3f}-{bar['high']:.3f}，{bar['n']} 题）")
