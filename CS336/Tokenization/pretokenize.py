"""预分词：特殊词元是硬边界，其余用 GPT-2 的正则切成词；合并只在一个词里面发生。

教什么：GPT-2 的正则每一支切什么；特殊词元先于正则、长的先认；在哪里切断文字，以后接什么都不影响分词。
不教什么：合并（`naive.py`、`training.py`）。
对应笔记：`3_pretokenize.md`；`tests/test_cs336_tokenization.py` 试过每一种切法。
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache, partial
from itertools import chain
from multiprocessing import Pool

import regex

from CS336.Tokenization.reading import InputError

# GPT-2 的正则（Radford et al. 2019 的代码）：缩写 | 字母 | 数字 | 符号 | 后面还有字的空白留一个给那个字 | 空白
PATTERN = r"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
WORD = regex.compile(PATTERN)
# 纯 ASCII 的文字用标准库的 re，它不认识 \p{L}，但快一倍；结果相同
ASCII_WORD = re.compile(r"'(?:[sdmt]|ll|ve|re)| ?[A-Za-z]+| ?[0-9]+| ?[^\sA-Za-z0-9]+|\s+(?!\S)|\s+", re.ASCII)
# 一前一后两个字符，中间一定是词的边界，不管更前、更后是什么。撇号后面的字母除外：可能是缩写。(?r) 从右往左找
BREAK = regex.compile(r"(?r)\S\s|\p{L}[^\s\p{L}]|\p{N}[^\s\p{N}]|[^\s\p{L}\p{N}'][\p{L}\p{N}]")
BLOCK = 1 << 14  # 一块至少几个字符；小块多半是纯 ASCII
SHARE = 1 << 20  # 多进程时一次分出去几个字符：大块里同一个词只传回来一次


def pretokenize(text: str) -> list[str]:
    """一段没有特殊词元的文字 -> 词；空格归后面的词，接起来恰是原文。

    >>> pretokenize("I'll pay  3美元!")
    ['I', "'ll", ' pay', ' ', ' 3', '美元', '!']
    """
    return (ASCII_WORD if text.isascii() else WORD).findall(text)


def check_specials(special_tokens: Iterable[str] | None) -> tuple[str, ...]:
    """去掉重复的。收到一个 str 是 InputError：它也是一列文字，会悄悄变成一个字符一个特殊词元；空字符串也是。

    >>> check_specials(["<|end|>", "<|pad|>", "<|end|>"]), check_specials(None)
    (('<|end|>', '<|pad|>'), ())
    """
    if isinstance(special_tokens, str):
        raise InputError(f"special_tokens 收到一个 str {special_tokens!r}；要一列，写 [{special_tokens!r}]")
    special_tokens = tuple(dict.fromkeys(special_tokens or ()))
    if "" in special_tokens:
        raise InputError("特殊词元里有空字符串；它处处都能匹配，删掉它")
    return special_tokens


@lru_cache(maxsize=64)
def specials_pattern(special_tokens: tuple[str, ...]) -> regex.Pattern:
    """认出任何一个特殊词元的正则；长的在前：`<|end|>` 是 `<|end|><|end|>` 的开头时，先试长的。"""
    return regex.compile("|".join(map(regex.escape, sorted(special_tokens, key=len, reverse=True))))


def find_specials(text: str, special_tokens: Iterable[str]) -> Iterator[regex.Match]:
    """从左到右、不重叠的特殊词元。"""
    special_tokens = check_specials(special_tokens)
    return specials_pattern(special_tokens).finditer(text) if special_tokens else iter(())


def split_specials(text: str, special_tokens: Iterable[str]) -> list[str]:
    """在特殊词元处切开：下标为偶数的是普通文字（可能是空的），奇数的是特殊词元。

    >>> split_specials("一篇<|end|>又一篇", ["<|end|>"])
    ['一篇', '<|end|>', '又一篇']
    """
    pieces, start = [], 0
    for match in find_specials(text, special_tokens):
        pieces += [text[start : match.start()], match.group()]
        start = match.end()
    return [*pieces, text[start:]]


def undecided(text: str, special_tokens: Iterable[str], start: int) -> int:
    """text[start:] 里，从哪里起可能是一个还没写完的特殊词元；没有就是 len(text)。

    >>> undecided("一篇<|e", ["<|end|>"], 0)
    2
    """
    longest = max(map(len, special_tokens), default=0)
    for i in range(max(start, len(text) - longest + 1), len(text)):
        tail = text[i:]
        if any(special.startswith(tail) and special != tail for special in special_tokens):
            return i
    return len(text)


def safe_cut(text: str, special_tokens: Iterable[str] = ()) -> int:
    """最靠右的安全切点：以后不管接什么，text[:cut] 与其余的各自分词，等于一起分词。没有就是 0。

    >>> safe_cut("It is what's"), safe_cut("It is what'")  # 撇号后面可能是缩写；它前面总是边界
    (10, 10)
    >>> safe_cut("一篇<|end|", ["<|end|>"])  # 特殊词元还没写完，也就不知道「篇」后面是什么
    0
    """
    special_tokens = check_specials(special_tokens)
    start, held = 0, undecided(text, special_tokens, 0)
    for match in find_specials(text, special_tokens):
        if match.start() >= held:  # 还可能变成更长的特殊词元
            break
        start = match.end()
        if start > held:  # 那个像是没写完的，其实在刚认出的这个里面
            held = undecided(text, special_tokens, start)
    found = BREAK.search(text, start, held)
    return found.start() + 1 if found else start


def safe_blocks(chunks: Iterable[str], special_tokens: Iterable[str] = (), size: int = 0) -> Iterator[str]:
    """把随意切开的文字重新切成可以各自分词的块，每块至少约 size 个字符；手里只留还不能切的尾巴。

    >>> list(safe_blocks(["Hello wor", "ld, and", " goodbye"]))
    ['Hello', ' world,', ' and', ' goodbye']
    """
    special_tokens = check_specials(special_tokens)
    pending, length, wanted = [], 0, size
    for chunk in chunks:
        pending.append(chunk)
        length += len(chunk)
        if length < wanted:
            continue
        text = "".join(pending)
        cut = safe_cut(text, special_tokens)
        if cut:
            yield text[:cut]
        pending, length = [text[cut:]], len(text) - cut
        wanted = max(size, 2 * length)  # 一个词很长时，攒够一倍才再看：不然每来一个字符都从头找
    if length:
        yield "".join(pending)


def words_of(text: str, special_tokens: tuple[str, ...] = ()) -> Iterator[str]:
    """一块文字里的词；特殊词元不算词。

    >>> list(words_of("low low<|end|>low", ("<|end|>",)))
    ['low', ' low', 'low']
    """
    return chain.from_iterable(map(pretokenize, split_specials(text, special_tokens)[::2]))


def count_block(text: str, special_tokens: tuple[str, ...]) -> Counter[str]:
    return Counter(words_of(text, special_tokens))


def count_words(chunks: Iterable[str], special_tokens: Iterable[str] = (), num_workers: int = 1) -> Counter[str]:
    """一串文字里每个词出现几次；num_workers 个进程一起数，结果与一个进程的相同，连次序也相同。

    >>> count_words(["low lo", "w low"])
    Counter({' low': 2, 'low': 1})
    """
    special_tokens, counts = check_specials(special_tokens), Counter()
    if num_workers == 1:
        for block in safe_blocks(chunks, special_tokens, BLOCK):
            counts.update(words_of(block, special_tokens))
        return counts
    with Pool(num_workers) as pool:
        blocks = safe_blocks(chunks, special_tokens, SHARE)
        for part in pool.imap(partial(count_block, special_tokens=special_tokens), blocks):  # imap 按次序交回
            counts.update(part)
    return counts
