"""笔记 1、2、3、6 的实验用的三种文字：英语（文档字符串）、中文（本书第 1、2 章的笔记）、代码（标准库的源码）。

教什么：不教；比较语言的时候，三种文字取一样多的字节。
怎么跑：被实验脚本使用。内容随 Python 的版本与笔记的改动而变，所以结果里记摘要（`digest`）。
对应笔记：`1_unicode.md`、`6_experiments.md`。
"""

import hashlib
import random
import re
import sysconfig
from functools import cache, lru_cache
from pathlib import Path

from book import UserError, repository_root
from CS336.Tokenization.corpus import cut_bytes, docstrings

CHAPTERS = ("ResNet", "Transformer")  # 不含本章：写实验的笔记自己不在语料里
MODULES = ("argparse", "ast", "collections/__init__", "dataclasses", "difflib", "enum", "functools", "inspect")
MODULES += ("logging/__init__", "optparse", "statistics", "subprocess", "tarfile", "textwrap", "threading", "typing")
MARKUP = re.compile(r"^ *```.*?^ *```[^\n]*\n|<!--.*?-->|\]\([^)\n]*\)|\$\$.*?\$\$", re.DOTALL | re.MULTILINE)
NAMES = ("english", "chinese", "code")
ENGLISH, SMALL = 1_200_000, 20_000


def prose(markdown: str) -> str:
    """一篇笔记的正文：去掉代码块、注释、链接的地址、独立成行的公式。

    >>> prose("见 [图](a.png)<!-- n: x -->3<!-- /n -->。")
    '见 [图3。'
    """
    return re.sub(r"\n{3,}", "\n\n", MARKUP.sub("", markdown))


def chinese() -> str:
    """第 1、2 章笔记的正文，按路径的次序。"""
    paths = [path for chapter in CHAPTERS for path in sorted((repository_root() / chapter).glob("*.md"))]
    return "\n\n".join(prose(path.read_text(encoding="utf-8")) for path in paths)


@cache
def english() -> str:
    """标准库的文档字符串，切成两千个字符一块，按固定的种子打乱：按路径的次序，前 80 KB 全是十进制算术。"""
    text = docstrings(ENGLISH)
    blocks = [text[i : i + 2000] for i in range(0, len(text), 2000)]
    return "\n\n".join(random.Random(0).sample(blocks, len(blocks)))


def code() -> str:
    """标准库里几个模块的源码。"""
    folder = Path(sysconfig.get_paths()["stdlib"])
    return "\n\n".join((folder / f"{name}.py").read_text(encoding="utf-8") for name in MODULES)


@lru_cache(maxsize=16)  # 读几百个源文件要几秒，一次运行里要好几遍
def text_of(name: str, size: int) -> str:
    """按名字取 size 个字节的文字（切在字符中间就少取一个字符）；没有那么多就抛 UserError。"""
    if name not in NAMES:
        raise ValueError(f"没有文字 {name!r}；有 {'、'.join(NAMES)}")
    if name == "english":  # 冒烟只要几千个字节，不必读一千多个源文件
        whole = english() if size > SMALL else docstrings(size)
    else:
        whole = chinese() if name == "chinese" else code()
    text = cut_bytes(whole, size)
    if len(text.encode("utf-8")) < size - 3:
        raise UserError(f"{name} 只有 {len(whole.encode('utf-8')):,} 个字节，要 {size:,} 个；把 size 写小些")
    return text


def train_and_test(name: str, train: int, test: int) -> tuple[str, str]:
    """(训练用的, 没见过的)：前 train 个字节，与紧接着的 test 个字节。"""
    text = text_of(name, train + test)
    first = cut_bytes(text, train)
    return first, text[len(first) :]


def digest(text: str) -> str:
    """文字的摘要：sha256 的前 12 位。

    >>> digest("你好")
    '670d9743542c'
    """
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:12]
