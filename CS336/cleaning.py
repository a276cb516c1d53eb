"""清洗：把拿到手的文字变成可以训练的文档。

教什么：规范化（换行、控制字符、Unicode 的 NFC）、丢掉重复的段落；每一步丢了多少都数出来。
不教什么：近似重复与质量过滤（`Outlook/`）。
对应笔记：`workflow.md`。
"""

import re
import unicodedata
from collections.abc import Iterable

CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ufeff]")  # 留下 \t 与 \n
BLANK_LINES = re.compile(r"\n{3,}")
SHORTEST = 40  # 比这短的段落不查重：「返回值」之类的小标题本来就该重复


def normalise(text: str) -> str:
    """换行统一成 \\n，去掉控制字符与行尾的空白，字符写成 NFC，连着的空行只留一个。

    >>> normalise("cafe\\u0301 \\r\\n\\r\\n\\r\\n\\x00end")
    'café\\n\\nend'
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = CONTROL.sub("", unicodedata.normalize("NFC", text))
    text = "\n".join(line.rstrip() for line in text.split("\n"))
    return BLANK_LINES.sub("\n\n", text).strip()


def drop_repeated(documents: Iterable[str]) -> list[str]:
    """一字不差地出现过的段落（空行隔开，不短于 SHORTEST 个字符）只留第一次的；空了的文档丢掉。

    先去重再分训练与验证：不然验证集里有训练集背下来的段落，损失低得不真实。
    """
    seen: set[str] = set()
    kept = []
    for document in documents:
        paragraphs = []
        for paragraph in document.split("\n\n"):
            if len(paragraph) >= SHORTEST and paragraph in seen:
                continue
            seen.add(paragraph)
            paragraphs.append(paragraph)
        if text := "\n\n".join(paragraphs).strip():
            kept.append(text)
    return kept


def clean(documents: Iterable[str]) -> tuple[list[str], dict[str, int]]:
    """规范化再去重；另返回每一步之后的字符数。

    >>> clean(["same words in this paragraph, forty characters", "same words in this paragraph, forty characters"])[1]
    {'raw': 92, 'normalised': 92, 'deduplicated': 46}
    """
    raw = list(documents)
    normalised = [text for text in map(normalise, raw) if text]
    kept = drop_repeated(normalised)
    steps = {"raw": raw, "normalised": normalised, "deduplicated": kept}
    return kept, {name: sum(map(len, texts)) for name, texts in steps.items()}
