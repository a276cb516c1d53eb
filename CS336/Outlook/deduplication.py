"""数据筛选与去重的实验：埋下已知相似度的近似重复，量查准率与查全率；再用到标准库的文档字符串上。

教什么：MinHash 的估计有多准；S 曲线的理论与实测；(b, r) 怎样在漏掉与多查之间取舍；hash() 加盐的害处。
不教什么：签名、分桶的算法（`minhash.py`）与质量规则（`quality.py`）：它们各一个文件。
怎么跑：`python CS336/Outlook/deduplication.py`（CPU 时间约 1 分钟），`--smoke`（约 5 秒）。
对应笔记：`outlook.md` 第 2 部分。
"""

import os
import random
import statistics
import subprocess
import sys
import sysconfig
import zlib
from collections import Counter
from itertools import combinations
from pathlib import Path

import numpy as np

from book import Parser, common_options, emit_result, output_dir, pick_device, run
from CS336.Outlook.display import show
from CS336.Outlook.minhash import (
    PRIME,
    MinHash,
    candidate_probability,
    candidates,
    deduplicate,
    estimate,
    jaccard,
    shingles,
)
from CS336.Outlook.quality import Rules, reason_to_drop
from CS336.Tokenization.corpus import find_docstrings

HASHES, THRESHOLD, BANDS = 128, 0.7, 16
SPLITS = (8, 16, 32)  # 段数 b；每段 r = 128 / b 个
GRID = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
SALTED = """
import numpy as np
from CS336.Outlook.minhash import MinHash, shingles
text = "the quick brown fox jumps over the lazy dog " * 3
salted = np.array(sorted({hash(text[i : i + 5]) % (2**31 - 1) for i in range(len(text) - 4)}))
for items in (salted, shingles(text)):
    print(*MinHash(128).signature(items))
"""


def sets_with(s: float, union: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, float]:
    """两个随机的整数集合，并集 union 个元素，Jaccard 尽量接近 s；返回两个集合与真的相似度。"""
    items = rng.choice(PRIME, union, replace=False)
    both = round(s * union)
    half = both + (union - both) // 2
    a, b = items[:half], np.concatenate([items[:both], items[half:]])
    return np.sort(a), np.sort(b), both / union


def make_document(rng: random.Random, words: list[str], length: int) -> str:
    """length 个随机的词，每 12 个一行。"""
    chosen = rng.choices(words, k=length)
    return "\n".join(" ".join(chosen[i : i + 12]) for i in range(0, length, 12))


def edited_copy(rng: random.Random, text: str, words: list[str], similarity: float) -> str:
    """把 text 的词一个个换掉，直到与原文的 Jaccard 不高于 similarity；换行照旧。"""
    original, lines = shingles(text), [line.split() for line in text.splitlines()]
    places = [(i, j) for i, line in enumerate(lines) for j in range(len(line))]
    rng.shuffle(places)
    for i, j in places:
        lines[i][j] = rng.choice(words)
        copy = "\n".join(" ".join(line) for line in lines)
        if jaccard(original, shingles(copy)) <= similarity:
            return copy
    return copy


def planted(count: int, seed: int) -> list[str]:
    """count 篇互不相干的，再给其中一半各加一篇改过的，目标相似度在 0.5 到 0.95 之间；次序打乱。"""
    rng = random.Random(seed)
    words = ["".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=rng.randint(2, 9))) for _ in range(2000)]
    originals = [make_document(rng, words, rng.randint(60, 120)) for _ in range(count)]
    copies = [edited_copy(rng, text, words, rng.uniform(0.5, 0.95)) for text in originals[: count // 2]]
    texts = originals + copies
    rng.shuffle(texts)
    return texts


def rates(found: set, truth: set) -> dict[str, float]:
    """查准率与查全率；没有找到的时查准率算 1。

    >>> rates({1, 2, 3}, {2, 3, 4, 5})
    {'precision': 0.6666666666666666, 'recall': 0.5}
    """
    right = len(found & truth)
    return {"precision": right / len(found) if found else 1.0, "recall": right / len(truth) if truth else 1.0}


def part_estimate(pairs: int, rng: np.random.Generator, grid: tuple[float, ...] = GRID) -> dict:
    """各相似度上，估计的平均误差（偏差）与标准差，旁边是理论的 √(J(1-J)/128)。每对换一组哈希函数。"""
    rows = []
    for s in grid:
        errors = []
        for _ in range(pairs):
            a, b, exact = sets_with(s, 300, rng)
            minhash = MinHash(HASHES, int(rng.integers(2**31)))
            errors.append(estimate(minhash.signature(a), minhash.signature(b)) - exact)
        theory = (exact * (1 - exact) / HASHES) ** 0.5
        measured = {"bias": statistics.mean(errors), "deviation": statistics.stdev(errors), "theory": theory}
        rows.append({"s": exact, **measured, "bias_in_errors": measured["bias"] / (theory / pairs**0.5)})
    return {"estimate_pairs": pairs, "estimate": rows}


def part_consecutive(repeats: int, rng: np.random.Generator) -> dict:
    """两两独立不够的地方：0..99 与 50..149（J = 1/3）直接当元素，估计偏低；先过一遍 crc32 就好了。"""
    direct, hashed = [], []
    pair = np.arange(100), np.arange(50, 150)
    mixed = [np.array([zlib.crc32(str(x).encode()) % PRIME for x in items]) for items in pair]
    for _ in range(repeats):
        minhash = MinHash(HASHES, int(rng.integers(2**31)))
        for found, (a, b) in ((direct, pair), (hashed, mixed)):
            found.append(estimate(minhash.signature(a), minhash.signature(b)))
    return {"consecutive_direct": statistics.mean(direct), "consecutive_hashed": statistics.mean(hashed)}


def part_curve(pairs: int, rng: np.random.Generator) -> dict:
    """S 曲线：各相似度上成为候选的比例，三种切法，实测与理论。"""
    rows = []
    for s in (0.1, 0.2, *GRID):
        signatures = []
        for _ in range(pairs):
            a, b, exact = sets_with(s, 300, rng)
            minhash = MinHash(HASHES, int(rng.integers(2**31)))
            signatures.append(np.stack([minhash.signature(a), minhash.signature(b)]))
        row = {"s": exact}
        for bands in SPLITS:
            hit = sum(bool(candidates(pair, bands)) for pair in signatures) / pairs
            theory = candidate_probability(exact, bands, HASHES // bands)
            row |= {f"measured_{bands}": hit, f"theory_{bands}": theory}
        rows.append(row)
    gaps = [abs(row[f"measured_{b}"] - row[f"theory_{b}"]) for row in rows for b in SPLITS]
    return {"curve_pairs": pairs, "curve": rows, "curve_gap": max(gaps)}


def part_planted(count: int, seed: int) -> dict:
    """埋下的近似重复：真值是全部的对逐一算 Jaccard；量候选、只信签名、核对之后三种做法的查准率与查全率。"""
    texts = planted(count, seed)
    sets = [shingles(text) for text in texts]
    exact = {(i, j): jaccard(sets[i], sets[j]) for i, j in combinations(range(len(sets)), 2)}
    truth = {pair for pair, s in exact.items() if s >= THRESHOLD}
    minhash, rows = MinHash(HASHES, seed), []
    for bands in SPLITS:
        found = deduplicate(sets, THRESHOLD, bands, minhash)
        near, signatures = found["candidates"], found["signatures"]
        trusted = {(i, j) for i, j in near if estimate(signatures[i], signatures[j]) >= THRESHOLD}
        row = {"bands": bands, "rows": HASHES // bands, "candidates": len(near)}
        for name, chosen in (("candidate", near), ("signature", trusted), ("checked", found["pairs"])):
            row |= {f"{name}_{key}": value for key, value in rates(chosen, truth).items()}
        expected = sum(candidate_probability(exact[pair], bands, HASHES // bands) for pair in truth) / len(truth)
        rows.append(row | {"expected_recall": expected, "kept": len(found["kept"])})
    unrelated = [s for s in exact.values() if s < 0.4]
    sizes = {"documents": len(texts), "all_pairs": len(exact), "true_pairs": len(truth)}
    return {**sizes, "unrelated_similarity": statistics.mean(unrelated), "planted": rows}


def part_filter(seed: int) -> dict:
    """质量规则各挡住什么：五种写坏的与一种好的各 40 篇，数每种因哪条规则被扔。"""
    rng = random.Random(seed)
    words = ["".join(rng.choices("etaoinshrdlu", k=rng.randint(2, 9))) for _ in range(500)]
    han = "".join(chr(0x4E00 + 37 * i) for i in range(300))
    makers = {
        "good": lambda: make_document(rng, words, 80),
        "short": lambda: make_document(rng, words, 5),
        "symbols": lambda: "".join(rng.choices("{}[]();=<>/*#&|", k=300)) + make_document(rng, words, 20),
        "repeated": lambda: "\n".join([make_document(rng, words, 8)] * 6),
        "chinese": lambda: "".join(rng.choices(han, k=200)),
    }
    english = Rules(most_han=0.2)
    table = {}
    for name, make in makers.items():
        table[name] = dict(Counter(reason_to_drop(make(), english) or "kept" for _ in range(40)))
    return {"filter": table}


def library_docstrings(most: int) -> list[str]:
    """标准库里的文档字符串，按路径与出现的次序，至多 most 段。"""
    found: list[str] = []
    for path in sorted(Path(sysconfig.get_paths()["stdlib"]).rglob("*.py")):
        if "site-packages" in path.parts or len(found) >= most:
            continue
        try:
            found += find_docstrings(path.read_text(encoding="utf-8"))
        except (SyntaxError, ValueError):  # 测试数据里有故意写错的文件
            continue
    return found[:most]


def part_library(most: int, seed: int) -> dict:
    """用到真的文字上：标准库的文档字符串，先过质量规则，再去重。"""
    texts = library_docstrings(most)
    reasons = Counter(reason_to_drop(text) or "kept" for text in texts)
    good = [text for text in texts if reason_to_drop(text) is None]
    sets = [shingles(text) for text in good]
    found = deduplicate(sets, THRESHOLD, BANDS, MinHash(HASHES, seed))
    groups = Counter(found["groups"])
    root, size = groups.most_common(1)[0]
    return {
        "library": len(texts),
        "library_reasons": dict(reasons),
        "library_exact": len(good) - len(set(good)),
        "library_candidates": len(found["candidates"]),
        "library_all_pairs": len(good) * (len(good) - 1) // 2,
        "library_removed": len(good) - len(found["kept"]),
        "library_largest_group": size,
        "library_largest_text": " ".join(good[root].split())[:60],
        # 传递：甲像乙、乙像丙，组里的甲与丙却可能不到阈值
        "library_below_threshold": sum(
            jaccard(sets[i], sets[r]) < THRESHOLD for i, r in enumerate(found["groups"]) if i != r
        ),
    }


def part_salt() -> dict:
    """反例：同一篇文字在两个进程里各算一次签名，用 hash() 与用 crc32，两次有多像（应当是 1）。"""
    outputs = []
    for salt in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": salt}  # 不设时每个进程随机一把
        command = [sys.executable, "-c", SALTED]
        done = subprocess.run(command, env=environment, capture_output=True, check=True, encoding="utf-8")
        outputs.append([np.array(line.split(), dtype=np.int64) for line in done.stdout.splitlines()])
    (salted_1, stable_1), (salted_2, stable_2) = outputs
    return {"salted_similarity": estimate(salted_1, salted_2), "stable_similarity": estimate(stable_1, stable_2)}


def main(argv=None) -> dict:
    parser = Parser(__doc__)
    common_options(parser, script=__file__)
    args = parser.parse_args(argv)
    output_dir(args.out)
    pick_device(args.device)
    pairs, count, most = (20, 20, 200) if args.smoke else (400, 400, 1_000_000)
    print(f"{HASHES} 个哈希函数，{BANDS} 段，阈值 {THRESHOLD}，5 个字符一片，没有参数，cpu，int64，种子 {args.seed}")
    rng = np.random.default_rng(args.seed)
    results = {"hashes": HASHES, "threshold": THRESHOLD, "bands": BANDS}
    for part in (
        lambda: part_estimate(pairs, rng),
        lambda: part_curve(pairs, rng),
        lambda: part_consecutive(pairs, rng),
        lambda: part_planted(count, args.seed),
        lambda: part_filter(args.seed),
        lambda: part_library(most, args.seed),
        part_salt,
    ):
        found = part()
        show(found)
        results |= found
    return emit_result(results)


if __name__ == "__main__":
    run(main)
