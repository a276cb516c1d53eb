"""把一次实验的结果印成人读得了的样子：一个键一段，一列记录排成表。

教什么：不教；`RESULT` 那一行给程序读，这里给你读。
怎么跑：被实验脚本使用。
对应笔记：`1_unicode.md`、`2_naive_bpe.md`、`6_experiments.md`。
"""

import unicodedata


def cell(value) -> str:
    """一格：小数留四位有效数字，整数每三位一个逗号。

    >>> cell(0.123456), cell(5096307), cell("的")
    ('0.1235', '5,096,307', '的')
    """
    if isinstance(value, float):
        return f"{value:.4g}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def records(value) -> list[dict]:
    """一列字典原样，{名字: 字典} 每个名字一行；别的不是表，返回空列表。

    >>> records({"utf-8": {"mean": 1.0}, "gbk": {"mean": 5.5}})
    [{'': 'utf-8', 'mean': 1.0}, {'': 'gbk', 'mean': 5.5}]
    """
    if isinstance(value, dict) and all(isinstance(row, dict) for row in value.values()):
        return [{"": name} | row for name, row in value.items()]
    return value if isinstance(value, list) and all(isinstance(row, dict) for row in value) else []


def pad(text: str, size: int) -> str:
    """右边补空格；汉字与全角的标点占两格。"""
    return text + " " * (size - columns(text))


def columns(text: str) -> int:
    """text 在终端里占几格。

    >>> columns("ab"), columns("的，")
    (2, 4)
    """
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def print_results(results: dict) -> None:
    """逐个键印出来：记录排成表，别的一行一个。

    >>> print_results({"merges": 2, "kinds": {"ascii": 1}, "rows": [{"text": "的", "count": 1200}]})
    merges  2
    kinds   ascii 1
    rows
      text  count
      的    1,200
    """
    wide = max(columns(name) for name in results)
    for name, value in results.items():
        if rows := records(value):
            table = [list(rows[0])] + [[cell(item) for item in row.values()] for row in rows]
            sizes = [max(map(columns, column)) for column in zip(*table)]
            lines = ["  ".join(map(pad, line, sizes)).rstrip() for line in table]
            print("\n".join([name] + [f"  {line}" for line in lines]))
        else:
            text = "，".join(f"{k} {cell(v)}" for k, v in value.items()) if isinstance(value, dict) else cell(value)
            print(f"{pad(name, wide)}  {text}")
