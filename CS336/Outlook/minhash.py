"""近似重复：切片段、MinHash 签名、LSH 分桶、核对、并查集。只用标准库与 numpy。

教什么：两个集合最小的哈希值相同的概率正好是它们的 Jaccard 相似度；分桶怎样把「全部的对」变成「很可能像的对」。
不教什么：完整的实验（`deduplication.py`）；十亿篇文档时的分布式实现。
怎么跑：被 `deduplication.py` 使用，没有命令行。
对应笔记：`outlook.md` 第 2 部分。
"""

import zlib
from collections import defaultdict
from itertools import combinations

import numpy as np

PRIME = 2**31 - 1  # a x + b < 2⁶²：64 位整数装得下


def shingles(text: str, size: int = 5) -> np.ndarray:
    """连续 size 个字符的全部片段，各变成 0..PRIME-1 的整数，去重、排好序；空白先并成一个空格，大小写不分。

    用 crc32，不用内置的 hash()：后者每个进程加一把不同的盐，签名存下来就不能再比。
    短于 size 的文字整个算一个片段。

    >>> len(shingles("abcdefg")), len(shingles("aaaaaaaa"))
    (3, 1)
    """
    text = " ".join(text.lower().split())
    pieces = {text[i : i + size] for i in range(max(1, len(text) - size + 1))}
    return np.array(sorted({zlib.crc32(piece.encode()) % PRIME for piece in pieces}), dtype=np.int64)


def jaccard(a: np.ndarray, b: np.ndarray) -> float:
    """|A ∩ B| / |A ∪ B|，a、b 是没有重复的整数数组；两个空集算 1。

    >>> jaccard(np.array([1, 2, 3]), np.array([2, 3, 4]))
    0.5
    """
    both = len(np.intersect1d(a, b, assume_unique=True))
    union = len(a) + len(b) - both
    return both / union if union else 1.0


class MinHash:
    """count 个哈希函数 h(x) = (a x + b) mod p（Carter & Wegman 1979）；签名是每个函数在集合上的最小值。

    P(min h(A) = min h(B)) = J(A, B)：并集里最先的那个元素落在交集里的概率（Broder 1997）。
    a x + b 只是近似地满足它：两两独立，不是每种排列都等可能；偏差有多大由测试量。
    """

    def __init__(self, count: int = 128, seed: int = 0):
        if count < 1:
            raise ValueError(f"count={count}，要至少 1 个哈希函数；试试 128")
        rng = np.random.default_rng(seed)
        self.a = rng.integers(1, PRIME, count)  # a 不能是 0：那样每个元素的哈希值都相同
        self.b = rng.integers(0, PRIME, count)

    def signature(self, items: np.ndarray) -> np.ndarray:
        """(n,) 个 0..PRIME-1 的整数 -> (count,) 个最小值；空集是一串 PRIME。"""
        if not len(items):
            return np.full(len(self.a), PRIME)
        hashes = (self.a[:, None] * items[None, :] + self.b[:, None]) % PRIME  # (count, 1), (1, n) -> (count, n)
        return hashes.min(axis=1)


def estimate(a: np.ndarray, b: np.ndarray) -> float:
    """两个签名里相同的比例：Jaccard 的无偏估计，标准差 √(J(1-J)/count)。"""
    return float((a == b).mean())


def candidates(signatures: np.ndarray, bands: int) -> set[tuple[int, int]]:
    """LSH：(文档数, count) 的签名切成 bands 段，有一段完全相同的两篇就是候选；返回 {(i, j)}，i < j。

    一段有 r = count / bands 个，相似度 s 的一对成为候选的概率是 1 - (1 - s^r)^bands。

    >>> sorted(candidates(np.array([[1, 2, 3, 4], [1, 2, 9, 9], [8, 8, 3, 4]]), bands=2))
    [(0, 1), (0, 2)]
    """
    count = signatures.shape[1]
    if bands < 1 or count % bands:
        raise ValueError(f"bands={bands} 必须整除签名的长度 {count}；例如 {count // 4}")
    # region banding
    found, rows = set(), count // bands
    for start in range(0, count, rows):
        buckets = defaultdict(list)  # 每段各用一张表：第 1 段的桶与第 2 段的桶不能混
        for i, signature in enumerate(signatures):
            buckets[signature[start : start + rows].tobytes()].append(i)
        for members in buckets.values():
            found.update(combinations(members, 2))
    # endregion
    return found


def candidate_probability(s, bands: int, rows: int):
    """S 曲线：1 - (1 - sʳ)ᵇ。

    >>> round(candidate_probability(0.8, 16, 8), 3), round(candidate_probability(0.3, 16, 8), 3)
    (0.947, 0.001)
    """
    return 1 - (1 - s**rows) ** bands


class UnionFind:
    """并查集：把成对的「相同」连成一组；代表总是组里编号最小的。

    >>> groups = UnionFind(5)
    >>> groups.join(3, 1), groups.join(4, 3)
    (None, None)
    >>> [groups.find(i) for i in range(5)]
    [0, 1, 2, 1, 1]
    """

    def __init__(self, size: int):
        self.parent = list(range(size))

    def find(self, i: int) -> int:
        while self.parent[i] != i:
            self.parent[i] = self.parent[self.parent[i]]  # 路过时抬高一层，下次走得更短
            i = self.parent[i]
        return i

    def join(self, i: int, j: int) -> None:
        i, j = sorted((self.find(i), self.find(j)))
        self.parent[j] = i


def deduplicate(sets: list[np.ndarray], threshold: float, bands: int, minhash: MinHash) -> dict:
    """去重的全程：签名、候选、核对真的 Jaccard、连成组，每组只留第一篇。

    返回 kept（留下的编号）、candidates、pairs（核对过的对）、groups（每篇的代表）。
    """
    signatures = np.array([minhash.signature(items) for items in sets])
    found = candidates(signatures, bands)
    pairs = {(i, j) for i, j in found if jaccard(sets[i], sets[j]) >= threshold}
    groups = UnionFind(len(sets))
    for i, j in sorted(pairs):
        groups.join(i, j)
    roots = [groups.find(i) for i in range(len(sets))]
    return {"kept": sorted(set(roots)), "candidates": found, "pairs": pairs, "groups": roots, "signatures": signatures}
