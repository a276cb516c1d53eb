"""速度：训练与 HF tokenizers（Rust）比，编码与 tiktoken（Rust）比，在同一个进程里交错着跑。

教什么：单线程对单线程是一行，两边各用最好的设置是另一行；先核对两边做的是同一件事，再比快慢。
不教什么：怎样做到这么快（`training.py`、`merging.py`）。
怎么跑：`python CS336/Tokenization/bench.py`（空闲的两核机器上约 6 分钟），`--smoke`（约 5 秒）。
语料：5 MB 文档字符串、5 MB 中英混合（`corpus.py`）。训练只跑 5 对，编码 15 对；比值 < 1 是我们更快。
对应笔记：`4_training.md`、`5_encoding.md`。
"""

import hashlib
import json
import os
import time
from functools import partial
from pathlib import Path

from tqdm import tqdm

from book import Parser, UserError, atomic_write, common_options, compare, emit_result, output_dir, run
from CS336.Tokenization.corpus import build
from CS336.Tokenization.gpt2_format import from_printable
from CS336.Tokenization.naive import Pair
from CS336.Tokenization.pretokenize import BLOCK, PATTERN, safe_blocks
from CS336.Tokenization.reading import read_chunks
from CS336.Tokenization.tokenizer import BPETokenizer
from CS336.Tokenization.training import train_bpe

CORPORA = ("docstrings", "mixed")
CORES = os.cpu_count() or 1
END = "<|endoftext|>"


def library(name: str):
    """装了才有的参照。"""
    try:
        return __import__(name)
    except ImportError:
        raise UserError(f'比较速度要 {name} 包；先 pip install -e ".[cs336]"') from None


def train_library(path: Path, num_merges: int, parallel: bool) -> list[Pair]:
    """HF 的字节级 BPE，同样的字母表、正则与合并数。TOKENIZERS_PARALLELISM 每次调用时都读。

    它的 train([文件]) 把每一行各自分词，换行连着缩进的空白因此切得与 encode 时不同；喂给它安全切开的块，两边才一样。
    """
    tokenizers = library("tokenizers")
    os.environ["TOKENIZERS_PARALLELISM"] = "true" if parallel else "false"
    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE())
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=256 + num_merges,
        initial_alphabet=tokenizers.pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(safe_blocks(read_chunks(path), size=BLOCK), trainer)
    pairs = json.loads(tokenizer.to_str())["model"]["merges"]
    return [tuple(from_printable(token) for token in pair) for pair in pairs]


def from_merges(merges: list[Pair]) -> BPETokenizer:
    """256 个字节接上合并。"""
    tokens = [bytes([byte]) for byte in range(256)] + [left + right for left, right in merges]
    return BPETokenizer(dict(enumerate(tokens)), merges)


def agreement(ours: list[Pair], theirs: list[Pair], text: str) -> dict:
    """两边学到的合并有多少条相同，各自压缩得怎样。次数一样多时两边取的不同，所以不会全同。"""
    first = next((i for i, (a, b) in enumerate(zip(ours, theirs)) if a != b), len(ours))
    size = len(text.encode("utf-8"))
    return {
        "merges": len(ours),
        "library_merges": len(theirs),
        "common_merges": len(set(ours) & set(theirs)),
        "first_difference": first,
        "bytes_per_token": size / len(from_merges(ours).encode(text)),
        "library_bytes_per_token": size / len(from_merges(theirs).encode(text)),
    }


def bench_training(name: str, path: Path, num_merges: int, pairs: int) -> list[dict]:
    rows = []
    for setting, workers in (("单线程", 1), ("最好", CORES)):
        ours = partial(train_bpe, path, 256 + num_merges, num_workers=workers)
        theirs = partial(train_library, path, num_merges, parallel=workers > 1)
        timing = compare(ours, theirs, pairs, warmup=1)
        flags = f"num_workers={workers}", f"TOKENIZERS_PARALLELISM={'true' if workers > 1 else 'false'}"
        rows.append({"task": "training", "corpus": name, "setting": setting, "flags": flags} | timing)
    return rows


def tiktoken_of(tokenizer: BPETokenizer):
    """同一个词表装进 tiktoken。"""
    specials = {special: ids[0] for special, ids in tokenizer.special_ids.items()}
    ranks = {token: i for i, token in tokenizer.vocab.items() if i not in specials.values()}
    return library("tiktoken").Encoding("ours", pat_str=PATTERN, mergeable_ranks=ranks, special_tokens=specials)


def bench_encoding(name: str, text: str, plain: BPETokenizer, pairs: int) -> list[dict]:
    """第一次（词都没见过，连建表）、再一次（词记得）、认特殊词元、两边各用最好的设置。"""
    special = BPETokenizer(plain.vocab, plain.merges, [END])
    reference, special_reference = tiktoken_of(plain), tiktoken_of(special)
    part = -(-len(text) // (4 * CORES))
    parts = [text[i : i + part] for i in range(0, len(text), part)]
    ordinary = partial(reference.encode_ordinary, text)
    full = partial(special_reference.encode, text, allowed_special="all")
    threads = partial(reference.encode_ordinary_batch, parts, num_threads=CORES)
    again, again_special = partial(plain.encode, text), partial(special.encode, text)
    if again() != ordinary() or again_special() != full():
        raise AssertionError("两边的编号不同，比快慢没有意义")

    def fresh() -> list[int]:
        return BPETokenizer(plain.vocab, plain.merges).encode(text)

    rows = []
    for setting, ours, theirs, flags in (
        ("第一次", fresh, ordinary, ("新建的分词器", "encode_ordinary")),
        ("再一次", again, ordinary, ("词已记住", "encode_ordinary")),
        ("再一次，认特殊词元", again_special, full, ("词已记住", 'encode，allowed_special="all"')),
        ("最好", again, threads, ("词已记住", f"encode_ordinary_batch，num_threads={CORES}")),
    ):
        timing = compare(ours, theirs, pairs)
        rows.append({"task": "encoding", "corpus": name, "setting": setting, "flags": flags} | timing)
    return rows


def copy_speed(data: bytes) -> float:
    """内存里抄一遍的速度，MB/s：任何编码都至少要读一遍输入。"""
    times = []
    for _ in range(5):
        start = time.perf_counter()
        bytearray(data)
        times.append(time.perf_counter() - start)
    return len(data) / min(times) / 1e6


def main(argv=None) -> dict:
    parser = Parser(__doc__)
    common_options(parser, __file__)
    args = parser.parse_args(argv)
    size, merges, few, many = (60_000, 200, 2, 3) if args.smoke else (5_000_000, 10_000, 5, 15)
    output, rows, corpora = output_dir(args.out), [], {}
    print(f"每份语料 {size / 1e6:g} MB，{merges} 次合并，{CORES} 个核，cpu；训练 {few} 对，编码 {many} 对")
    for name in tqdm(CORPORA, desc="语料", leave=False, disable=None):
        text = build(name, size, args.seed)
        data, path = text.encode("utf-8"), output / f"{name}.txt"
        atomic_write(path, data)
        learned = train_bpe(path, 256 + merges)[1]
        corpora[name] = agreement(learned, train_library(path, merges, False), text) | {
            "sha256": hashlib.sha256(data).hexdigest()[:12],
            "copy_mb_per_s": copy_speed(data),
        }
        found = bench_training(name, path, merges, few) + bench_encoding(name, text, from_merges(learned), many)
        for row in found:
            row["mb_per_s"], row["library_mb_per_s"] = (
                len(data) / 1e3 / row[side] for side in ("ours_ms", "reference_ms")
            )
            row |= {"speed": 1 / row["ratio"], "speed_low": 1 / row["high"], "speed_high": 1 / row["low"]}
            tqdm.write(
                f"{row['task']} {name} {row['setting']}  {row['ratio']:.2f} [{row['low']:.2f}, {row['high']:.2f}]  "
                f"{row['mb_per_s']:.2f} / {row['library_mb_per_s']:.2f} MB/s  {' | '.join(row['flags'])}"
            )
        rows += found
    for name, found in corpora.items():
        print(
            f"{name}：{found['common_merges']} / {found['merges']} 条合并相同，一个词元 {found['bytes_per_token']:.3f} "
            f"（HF {found['library_bytes_per_token']:.3f}）个字节；抄一遍 {found['copy_mb_per_s']:.0f} MB/s"
        )
    return emit_result({"rows": rows, "corpora": corpora, "cores": CORES, "bytes": size})


if __name__ == "__main__":
    run(main)
