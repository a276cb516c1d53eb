"""准备数据：清洗过的语料 -> 训练分词器 -> 编成 uint16 文件；做过的不再做。

教什么：分词器只看训练部分；文档之间接 <|endoftext|>；用摘要判断缓存还能不能用。
不教什么：训练（`run.py`）。
对应笔记：`workflow.md`。
"""

import hashlib
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from book import atomic_write
from CS336.config import Config
from CS336.corpora import END, Corpus
from CS336.Tokenization import BPETokenizer, train_bpe
from CS336.Transformer.data import open_tokens, write_tokens


@dataclass(frozen=True)
class Prepared:
    """训练要的一切；train、valid 是内存映射的 uint16，characters、bytes 是验证部分的大小（含 <|endoftext|>）。"""

    tokenizer: BPETokenizer
    vocab_size: int
    train: np.ndarray
    valid: np.ndarray
    train_characters: int
    characters: int
    bytes: int
    fingerprint: str
    seconds: dict[str, float]


def joined(documents: list[str]) -> Iterator[str]:
    """文档，每篇后面一个 <|endoftext|>：模型由它知道一篇完了，前文不再有用。"""
    for document in documents:
        yield document
        yield END


def load_tokenizer(folder: Path) -> BPETokenizer:
    """读回 `prepare` 存的分词器。"""
    return BPETokenizer.from_files(folder / "vocab.json", folder / "merges.txt", [END])


def fingerprint_of(corpus: Corpus, config: Config) -> str:
    """语料与词表的大小都相同，编号文件才能再用。"""
    return hashlib.sha256(f"{corpus.fingerprint} {config.vocab_size}".encode()).hexdigest()


def build(corpus: Corpus, config: Config, folder: Path) -> dict[str, float]:
    """训练分词器并编码两部分；返回两步的秒数。"""
    started = time.perf_counter()
    text = folder / "train.txt"
    atomic_write(text, "".join(joined(corpus.train)).encode("utf-8", "replace"))
    vocab, merges = train_bpe(text, config.vocab_size, [END])
    text.unlink()
    tokenizer = BPETokenizer(vocab, merges, [END])
    tokenizer.save(folder / "vocab.json", folder / "merges.txt")
    trained = time.perf_counter()
    for part, documents in (("train", corpus.train), ("valid", corpus.valid)):
        write_tokens(folder / f"{part}.bin", tokenizer.encode_iterable(joined(documents)))
    return {"tokenizer_seconds": trained - started, "encode_seconds": time.perf_counter() - trained}


def prepare(corpus: Corpus, config: Config, folder: Path) -> Prepared:
    """folder 里没有这份语料、这个词表的编号文件就做一遍，有就直接用。"""
    folder.mkdir(parents=True, exist_ok=True)
    fingerprint, stamp, seconds = fingerprint_of(corpus, config), folder / "prepared.json", {}
    if not (stamp.is_file() and json.loads(stamp.read_text())["fingerprint"] == fingerprint):
        stamp.unlink(missing_ok=True)  # 做到一半断了，下次从头做
        seconds = build(corpus, config, folder)
        atomic_write(stamp, json.dumps({"fingerprint": fingerprint}).encode())
    tokenizer = load_tokenizer(folder)
    vocab_size = len(tokenizer.vocab)
    valid = "".join(joined(corpus.valid))
    return Prepared(
        tokenizer,
        vocab_size,
        *(open_tokens(folder / f"{part}.bin", vocab_size) for part in ("train", "valid")),
        train_characters=sum(map(len, joined(corpus.train))),
        characters=len(valid),
        bytes=len(valid.encode("utf-8", "replace")),
        fingerprint=fingerprint,
        seconds=seconds,
    )
