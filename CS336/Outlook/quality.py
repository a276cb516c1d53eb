"""质量规则：一篇文字该不该留下来训练，先用几条便宜的规则筛。

教什么：长度、符号的比例、重复的行、汉字的比例各挡住什么；按什么次序报原因。
不教什么：用分类器、用小模型的困惑度打分的筛选（见笔记的「走得更远」）。
怎么跑：被 `deduplication.py` 使用，没有命令行。
对应笔记：`outlook.md` 第 2 部分。
"""

import re
from collections import Counter
from dataclasses import dataclass

HAN = re.compile(r"[\u4e00-\u9fff]")


@dataclass(frozen=True)
class Rules:
    """各条规则的界；数值是本书定的，思路来自 Rae et al. 2021。"""

    shortest: int = 50  # 至少几个非空白的字符
    longest: int = 100_000
    most_symbols: float = 0.3  # 既不是字母数字也不是汉字的，占非空白字符的比例
    most_repeated: float = 0.3  # 与前面某行相同的行的比例
    least_han: float = 0.0  # 汉字占字母与汉字的比例，至少
    most_han: float = 1.0  # 至多


def measure(text: str) -> dict[str, float]:
    """各条规则看的量。

    >>> measure("你好 ab!!\\n你好 ab!!")["han"]
    0.5
    >>> measure("once\\ntwice\\ntwice")["repeated"] == 1 / 3
    True
    """
    visible = [char for char in text if not char.isspace()]
    letters, han = sum(char.isalnum() for char in visible), len(HAN.findall(text))
    alphabetic = sum(char.isalpha() for char in visible)  # 汉字也算 isalpha
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    repeated = sum(count - 1 for count in Counter(lines).values())
    return {
        "length": len(visible),
        "symbols": 1 - letters / max(1, len(visible)),
        "repeated": repeated / max(1, len(lines)),
        "han": han / max(1, alphabetic),
    }


def reason_to_drop(text: str, rules: Rules = Rules()) -> str | None:
    """不留的原因：too_short、too_long、symbols、repeated、language 里的第一条；该留就是 None。

    >>> reason_to_drop("短"), reason_to_drop("a reasonable sentence, " * 5)
    ('too_short', None)
    """
    found = measure(text)
    checks = {
        "too_short": found["length"] < rules.shortest,
        "too_long": found["length"] > rules.longest,
        "symbols": found["symbols"] > rules.most_symbols,
        "repeated": found["repeated"] > rules.most_repeated,
        "language": not rules.least_han <= found["han"] <= rules.most_han,
    }
    return next((name for name, failed in checks.items() if failed), None)
