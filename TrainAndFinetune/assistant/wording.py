"""句子模板：`[甲|乙|]` 任选一个（可以嵌套，可以空），`{slot}` 填一个值。

教什么：几十行模板怎样展开成几千种说法；同一个模板、同一个种子，永远是同一句话。
不教什么：模板的内容（`phrases_*`）、槽位的值（`slots.py`）。
不是脚本，由各个能力的生成器导入。对应笔记：`assistant.md`。
"""

import random
import re
from collections.abc import Callable, Iterable

CHOICE = re.compile(r"\[([^\[\]]*)\]")  # 最里层的一对括号
PLACE = re.compile(r"\{(\w+)\}")


def choose(template: str, generator: random.Random) -> str:
    """从里到外，每对 `[甲|乙]` 选一个。

    >>> choose("[甲|甲]{x}", random.Random(0))
    '甲{x}'
    """
    while match := CHOICE.search(template):
        template = template[: match.start()] + generator.choice(match[1].split("|")) + template[match.end() :]
    return template


def expansions(template: str, most: int = 10_000) -> list[str]:
    """一个模板的全部展开，次序固定；超过 most 抛 ValueError。

    >>> expansions("[早|晚[上|]]好{x}")
    ['早好{x}', '晚上好{x}', '晚好{x}']
    """
    done, todo = [], [template]
    while todo:
        current = todo.pop(0)
        match = CHOICE.search(current)
        if match is None:
            done.append(current)
        else:
            todo += [current[: match.start()] + word + current[match.end() :] for word in match[1].split("|")]
        if len(done) + len(todo) > most:
            raise ValueError(f"模板 {template[:30]!r} 的展开超过 {most} 种；拆成几个模板")
    return list(dict.fromkeys(done))


def slots_of(template: str) -> list[str]:
    """模板里的槽位，按出现的次序，不重复。

    >>> slots_of("{e}和{x}，{e}")
    ['e', 'x']
    """
    return list(dict.fromkeys(PLACE.findall(template)))


def fill(text: str, values: dict[str, str]) -> str:
    """填上 values 里有的槽位，没有的留着；两个挨着的值都是数字时，中间空一格。

    >>> fill("{e}一次{n}片", {"n": "2"}), fill("{date}{time}", {"date": "2026-03-05", "time": "21:45"})
    ('{e}一次2片', '2026-03-05 21:45')
    """
    parts, done = [], 0
    for match in PLACE.finditer(text):
        value = str(values.get(match[1], match[0]))
        touching = match.start() == done > 0 and parts and parts[-1][-1:].isdigit()
        parts += [text[done : match.start()], " " + value if touching and value[:1].isdigit() else value]
        done = match.end()
    return "".join([*parts, text[done:]])


def draw(text: str, values: dict[str, str], make: Callable[[str], str]) -> str:
    """填上全部槽位：values 里没有的用 make(名字) 造，并记进 values。

    名字末尾的数字表示“同一种的另一个”：`{symptom}、{symptom2}` 是两个不同的症状。
    """
    for name in slots_of(text):
        if name in values:
            continue
        base = name.rstrip("0123456789")
        taken = {value for key, value in values.items() if key.rstrip("0123456789") == base}
        for _ in range(200):
            values[name] = make(base)
            if values[name] not in taken:
                break
        else:
            raise ValueError(f"槽位 {name} 造不出与 {taken} 不同的值")
    return fill(text, values)


def shingles(text: str, size: int = 3) -> set[str]:
    """长 size 的全部片段；比 size 短的文字自己就是一片。

    >>> sorted(shingles("一次吃几片", 4))
    ['一次吃几', '次吃几片']
    """
    return {text[i : i + size] for i in range(max(1, len(text) - size + 1))}


def likeness(a: str, b: str, size: int = 2) -> float:
    """两句话片段集合的 Jaccard 相似度，0 到 1。"""
    one, two = shingles(a, size), shingles(b, size)
    return len(one & two) / len(one | two)


def pick(templates: Iterable[str], generator: random.Random) -> str:
    """选一个模板并展开它的括号；每个模板一样多，不论它能展开成几句。"""
    return choose(generator.choice(tuple(templates)), generator)
