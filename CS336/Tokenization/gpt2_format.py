"""GPT-2 的文件格式：vocab.json 是 {可打印的词元: 编号}，merges.txt 一行一条合并。

教什么：256 个字节怎样写成 256 个可打印、不是空白的字符，于是任何词元都能写进 JSON、用空格隔开。
不教什么：HF 的 tokenizer.json（它把预分词、特殊词元也写进去）。
对应笔记：`5_encoding.md`；两个方向都与 HF tokenizers、tiktoken 比较，见 `tests/test_cs336_tokenization.py`。
"""

import json
from collections.abc import Iterable
from pathlib import Path

from book import atomic_write
from CS336.Tokenization.naive import Pair
from CS336.Tokenization.reading import InputError, read_chunks

# 本来就可打印的 188 个字节写成它自己（Latin-1），其余的 68 个按次序写成 U+0100 起的字符（Radford et al. 2019 的代码）
PRINTABLE = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
HIDDEN = [byte for byte in range(256) if byte not in PRINTABLE]
CHARACTERS = {byte: chr(byte) for byte in PRINTABLE} | {byte: chr(0x100 + i) for i, byte in enumerate(HIDDEN)}
BYTES = {character: byte for byte, character in CHARACTERS.items()}


def to_printable(token: bytes) -> str:
    """字节 -> 可打印的字符，一个字节一个字符。

    >>> to_printable(" 你".encode())
    'Ġä½ł'
    """
    return "".join(CHARACTERS[byte] for byte in token)


def from_printable(text: str) -> bytes:
    """可打印的字符 -> 字节；有不在表里的字符是 KeyError。

    >>> from_printable("Ġä½ł").decode()
    ' 你'
    """
    return bytes(BYTES[character] for character in text)


def read_vocab(path: str | Path, special_tokens: Iterable[str] = ()) -> dict[int, bytes]:
    """vocab.json -> {编号: 字节}。特殊词元在文件里写的是原文，不是可打印的写法。"""
    try:
        written = json.loads("".join(read_chunks(path)))
    except json.JSONDecodeError as error:
        raise InputError(f"{path} 不是 JSON（第 {error.lineno} 行）；要 GPT-2 的 vocab.json") from None
    if not isinstance(written, dict) or not all(type(i) is int and i >= 0 for i in written.values()):
        raise InputError(f"{path} 的内容要是 {{词元: 编号}}，编号是不小于 0 的整数；检查是不是 vocab.json")
    specials, vocab = set(special_tokens), {}
    for text, i in written.items():
        try:
            token = text.encode("utf-8") if text in specials else from_printable(text)
        except KeyError as error:
            rule = f"{path} 的词元 {text!r} 里有 GPT-2 的写法没有的字符 {error}"
            raise InputError(f"{rule}；它要是特殊词元，写进 special_tokens") from None
        if i in vocab:
            raise InputError(f"{path} 里编号 {i} 用了两次：{text!r} 与 {to_printable(vocab[i])!r}；编号不能重复")
        vocab[i] = token
    missing = [byte for byte in range(256) if bytes([byte]) not in set(vocab.values())]
    if missing:
        raise InputError(f"{path} 缺 {len(missing)} 个字节，第一个是 0x{missing[0]:02x}；字节级的词表要有全部 256 个")
    return vocab


def read_merges(path: str | Path, vocab: dict[int, bytes]) -> list[Pair]:
    """merges.txt -> 合并；开头的 `#version` 行可有可无。每行的两个词元与它们的结果都要在词表里。"""
    known, merges = set(vocab.values()), []
    for number, line in enumerate("".join(read_chunks(path)).split("\n"), 1):
        line = line.removesuffix("\r")
        if not line or (number == 1 and line.startswith("#version")):
            continue
        parts = line.split(" ")
        try:
            left, right = map(from_printable, parts)
        except (KeyError, ValueError):
            raise InputError(f"{path} 第 {number} 行 {line!r} 不是一条合并；一行两个词元，用一个空格隔开") from None
        if not {left, right, left + right} <= known:
            raise InputError(f"{path} 第 {number} 行 {line!r} 的词元不在词表里；检查两个文件是不是一对")
        merges.append((left, right))
    return merges


def write_files(
    vocab_path: str | Path,
    merges_path: str | Path,
    vocab: dict[int, bytes],
    merges: Iterable[Pair],
    special_tokens: Iterable[str] = (),
) -> None:
    """写 vocab.json 与 merges.txt，各自原子地写。"""
    specials = {special.encode("utf-8"): special for special in special_tokens}
    written: dict[str, int] = {}
    for i, token in sorted(vocab.items()):
        text = specials.get(token) or to_printable(token)
        if text in written:
            raise InputError(f"编号 {written[text]} 与 {i} 都写成 {text!r}，JSON 里只能有一个；换一个特殊词元")
        written[text] = i
    lines = ["#version: 0.2", *(f"{to_printable(left)} {to_printable(right)}" for left, right in merges)]
    atomic_write(Path(vocab_path), json.dumps(written, ensure_ascii=False).encode("utf-8"))
    atomic_write(Path(merges_path), ("\n".join(lines) + "\n").encode("utf-8"))
