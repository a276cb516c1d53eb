"""向量：三种相似度、向量的来历（规格）、不重复计算的缓存。

教什么：余弦、点积、L2 各是什么，长度都是 1 时为什么名次相同；缓存的键里要有什么；
  存下来的向量要记着模型、前缀、维数，不同就拒绝。
不教什么：怎样从许多向量里找最近的（`vector_store.py`），向量模型本身（第 5 章）。
不是脚本，由 `11_embedding.py` 与 `vector_store.py` 导入。对应笔记：`11_embedding.md`。
"""

import hashlib
import json
import os
import sqlite3
import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from langchain_core.embeddings import Embeddings

from book import UserError


def dot(a: Sequence[float], b: Sequence[float]) -> float:
    """点积。越大越近，受长度影响。

    >>> dot([1, 2], [3, 4])
    11.0
    """
    return float(sum(x * y for x, y in zip(a, b, strict=True)))


def cosine(a: Sequence[float], b: Sequence[float]) -> float:
    """余弦：点积除以两个长度，在 -1 与 1 之间，只看方向。有一个是零向量就没有方向，抛 ValueError。

    >>> cosine([3, 0], [6, 0]), cosine([1, 0], [0, 5])
    (1.0, 0.0)
    """
    length = (dot(a, a) * dot(b, b)) ** 0.5
    if length == 0:
        raise ValueError("零向量没有方向，余弦没有意义；看看文字是不是空的")
    return dot(a, b) / length


def l2(a: Sequence[float], b: Sequence[float]) -> float:
    """L2 距离：两个端点的直线距离。越小越近。

    >>> l2([0, 0], [3, 4])
    5.0
    """
    return sum((x - y) ** 2 for x, y in zip(a, b, strict=True)) ** 0.5


@dataclass(frozen=True)
class EmbeddingSpec:
    """一批向量的来历；有一项不同，两批向量就不能放在一起比。"""

    model: str
    query_prefix: str
    passage_prefix: str
    dimension: int

    def to_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True)

    def check(self, stored: str, place: str) -> None:
        """stored 是存着的那份 JSON；与自己不同就抛 UserError，说出哪一项。"""
        try:
            found = json.loads(stored)
            different = [name for name, value in asdict(self).items() if found[name] != value]
        except (ValueError, KeyError, TypeError):
            raise UserError(f"{place} 没有记下向量的来历，不能用；删掉它，重新建索引") from None
        if different:
            details = "、".join(f"{name} 存的是 {found[name]!r}，现在是 {getattr(self, name)!r}" for name in different)
            raise UserError(f"{place} 是用别的向量建的：{details}；改回原来的配置，或删掉它重新建索引")


def current_spec(embeddings: Embeddings) -> EmbeddingSpec:
    """现在这个端点的规格；维数没有别的办法知道，算一个看看。"""
    names = ("EMBEDDING_MODEL", "EMBEDDING_QUERY_PREFIX", "EMBEDDING_PASSAGE_PREFIX")
    return EmbeddingSpec(*(os.environ[name] for name in names), dimension=len(embeddings.embed_query("维数")))


class CachedEmbeddings(Embeddings):
    """算过的不再算：一个 SQLite 文件，键是 规格 + 查询还是段落 + 文字。

    `hits`、`misses` 数的是文字；同一批里重复的文字只算一次。
    """

    def __init__(self, inner: Embeddings, spec: EmbeddingSpec, path: Path | str):
        self.inner, self.spec, self.hits, self.misses = inner, spec, 0, 0
        self.lock = threading.RLock()
        # 链里并排的步骤在别的线程里跑：sqlite3 默认只许建它的那个线程用，放开，自己上锁
        self.table = sqlite3.connect(path, check_same_thread=False)
        self.table.execute("CREATE TABLE IF NOT EXISTS vectors (key TEXT PRIMARY KEY, vector BLOB)")

    def key(self, kind: str, text: str) -> str:
        """前缀在规格里，kind 说用哪一个：同一句话当查询、当段落是两个向量。"""
        parts = json.dumps([self.spec.to_json(), kind, text], ensure_ascii=False)
        return hashlib.sha256(parts.encode()).hexdigest()

    def lookup(self, kind: str, texts: list[str], compute: Callable) -> list[list[float]]:
        """先查，缺的一次算完，再存。"""
        keys = [self.key(kind, text) for text in texts]
        found = {key: vector for key in dict.fromkeys(keys) if (vector := self.read(key)) is not None}
        missing = {key: text for key, text in zip(keys, texts) if key not in found}
        self.hits, self.misses = self.hits + len(texts) - len(missing), self.misses + len(missing)
        if missing:
            vectors = [np.asarray(vector, np.float32) for vector in compute(list(missing.values()))]
            with self.table:  # 一个事务：要么都存上，要么都没有
                rows = [(key, vector.tobytes()) for key, vector in zip(missing, vectors)]
                self.table.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", rows)
            found |= dict(zip(missing, (vector.tolist() for vector in vectors)))
        return [found[key] for key in keys]

    def read(self, key: str) -> list[float] | None:
        row = self.table.execute("SELECT vector FROM vectors WHERE key = ?", (key,)).fetchone()
        return np.frombuffer(row[0], np.float32).tolist() if row else None

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        with self.lock:
            return self.lookup("passage", texts, self.inner.embed_documents)

    def embed_query(self, text: str) -> list[float]:
        with self.lock:
            return self.lookup("query", [text], lambda texts: [self.inner.embed_query(texts[0])])[0]

    def close(self) -> None:
        self.table.close()
