"""做实验用的：一些词按合并表切成词元，只要个数与频率，不要编号。

教什么：一个词元写成一个字符，一条合并就是一次 `str.replace`；合并表的开头一段就是小一些的词表。
不教什么：真正的编码（`tokenizer.py`）；结果与 `naive.encode_naive` 相同。
对应笔记：`3_pretokenize.md`、`6_experiments.md`。
"""

from collections import Counter

from CS336.Tokenization.naive import Pair

WALL = chr(0x10FFFF)  # 词与词之间放它：没有一条合并含有它


def replay(words: list[str], merges: list[Pair]):
    """每做一条合并交出一次 (全部词的词元, 一个字符一个；词元的表)；第一次是还没有合并的时候。"""
    text = WALL.join(word.encode("utf-8").decode("latin-1") for word in words)
    ids = {bytes([byte]): chr(byte) for byte in range(256)}
    yield text, ids
    for a, b in merges:
        new = ids.setdefault(a + b, chr(len(ids)))
        text = text.replace(ids[a] + ids[b], new)  # 从左到右、不重叠，与 merge_pair 相同
        yield text, ids


def count_tokens(words: list[str], merges: list[Pair]) -> list[int]:
    """做完第 0、1、2 … 条合并，这些词一共几个词元。

    >>> count_tokens(["low", "lowest"], [(b"l", b"o"), (b"lo", b"w")])
    [9, 7, 5]
    """
    return [len(text) - (len(words) - 1) for text, _ in replay(words, merges)]


def token_counts(words: list[str], merges: list[Pair]) -> Counter[bytes]:
    """做完全部合并，每个词元出现几次；一次也没有的不在里面。

    >>> token_counts(["low", "lowest"], [(b"l", b"o"), (b"lo", b"w")])[b"low"]
    2
    """
    *_, (text, ids) = replay(words, merges)
    tokens = {char: token for token, char in ids.items()}
    return Counter({tokens[char]: count for char, count in Counter(text).items() if char != WALL})


def cut(text: str, merges: list[Pair]) -> list[bytes]:
    """一个词 -> 词元，与 `encode_naive` 相同。

    >>> cut("lowest", [(b"l", b"o"), (b"lo", b"w")])
    [b'low', b'e', b's', b't']
    """
    *_, (symbols, ids) = replay([text], merges)
    tokens = {char: token for token, char in ids.items()}
    return [tokens[char] for char in symbols]
