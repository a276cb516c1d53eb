"""检索的几种做法，都是二十行以内的普通 Python：字面、合并名次、多样、门槛、父文档、按字段筛、压缩。

教什么：旧教程里的 EnsembleRetriever、ParentDocumentRetriever、SelfQueryRetriever 等，每个是哪二十行。
不教什么：近似索引、重排的模型（第 6 章）。
不是脚本，由 `12_retriever.py` 导入。对应笔记：`12_retriever.md`。
"""

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import numpy as np
from langchain_core.documents import Document
from langchain_core.vectorstores import VectorStore

Search = Callable[[str], list[Document]]


def bigrams(text: str) -> list[str]:
    """中文没有空格：连续的两个字当一个词；英文与数字按整个词。

    >>> bigrams("降血压 5 mg")
    ['降血', '血压', '5', 'mg']
    """
    words = []
    for piece in re.findall(r"[\u4e00-\u9fff]+|[a-z0-9]+", text.lower()):
        chinese = "\u4e00" <= piece[0] <= "\u9fff"
        words += [piece[i : i + 2] for i in range(max(1, len(piece) - 1))] if chinese else [piece]
    return words


class BM25:
    """字面的检索：少见的词重，出现得多的词重（会饱和），长的段落打折。分数是 0 的不返回。

    Robertson & Zaragoza (2009) 式 (3.15)；k1=1.5，b=0.75。`tokenize` 换成 `str.split`，中文就一个词也对不上。
    """

    def __init__(self, documents: Sequence[Document], tokenize=bigrams, k1: float = 1.5, b: float = 0.75):
        self.documents, self.tokenize, self.k1, self.b = list(documents), tokenize, k1, b
        self.counts = [Counter(tokenize(document.page_content)) for document in self.documents]
        self.lengths = [sum(count.values()) for count in self.counts]
        self.average = sum(self.lengths) / max(1, len(self.lengths))
        self.containing = Counter(word for count in self.counts for word in count)

    def weight(self, word: str) -> float:
        n, total = self.containing[word], len(self.documents)
        return math.log(1 + (total - n + 0.5) / (n + 0.5))

    def score(self, query: str, i: int) -> float:
        damp = self.k1 * (1 - self.b + self.b * self.lengths[i] / self.average)
        count = self.counts[i]
        return sum(
            self.weight(w) * count[w] * (self.k1 + 1) / (count[w] + damp) for w in set(self.tokenize(query)) if count[w]
        )

    def search(self, query: str, k: int = 10) -> list[Document]:
        scores = [(self.score(query, i), i) for i in range(len(self.documents))]
        best = sorted((pair for pair in scores if pair[0] > 0), key=lambda pair: (-pair[0], pair[1]))
        return [self.documents[i] for _, i in best[:k]]


def rrf(rankings: Iterable[Sequence[str]], k: int = 60) -> list[str]:
    """合并几个名次：每个名单里排第 r 的得 1/(k+r)，加起来从大到小；相同的，先出现的在前。

    分数不同单位也能合并。Cormack, Clarke & Büttcher (2009)。

    >>> rrf([["a", "b"], ["b", "c"]])
    ['b', 'a', 'c']
    """
    scores: dict[str, float] = {}
    for ranking in rankings:
        for rank, one in enumerate(dict.fromkeys(ranking), start=1):
            scores[one] = scores.get(one, 0.0) + 1 / (k + rank)
    return sorted(scores, key=lambda one: -scores[one])


def fused(searches: Sequence[Search], k: int = 60) -> Search:
    """几个检索合成一个（旧名 EnsembleRetriever）。"""

    def search(query: str) -> list[Document]:
        lists = [one(query) for one in searches]
        known = {document.id: document for found in lists for document in found}
        return [known[one] for one in rrf([[d.id for d in found] for found in lists], k)]

    return search


def multi_query(search: Search, rewrite: Callable[[str], list[str]]) -> Search:
    """原来的问题加几个改写，各查一遍，合并名次（旧名 MultiQueryRetriever）；改写是空的就只查原来的。"""

    def searched(query: str) -> list[Document]:
        queries = dict.fromkeys([query, *(one.strip() for one in rewrite(query) if one.strip())])
        return fused([lambda _, q=q: search(q) for q in queries])(query)

    return searched


def mmr(query: np.ndarray, vectors: np.ndarray, k: int, balance: float = 0.5) -> list[int]:
    """每次挑 balance·(与问题像) - (1-balance)·(与已挑的最像) 最大的；都用长度 1 的向量。

    >>> mmr(np.array([1.0, 0]), np.array([[0.9, 0.1], [0.9, 0.1], [0.5, -0.5]]), 2)
    [0, 2]
    """
    closeness, chosen = vectors @ query, []  # (N, D) (D,) -> (N,)
    while len(chosen) < min(k, len(vectors)):
        if chosen:
            repeats = (vectors @ vectors[chosen].T).max(axis=1)  # (N, D) (D, 已挑) -> (N,)
            scores = balance * closeness - (1 - balance) * repeats
            scores[chosen] = -np.inf
        else:
            scores = closeness  # 第一个总是最像的：balance=0 也一样
        chosen.append(int(np.argmax(scores)))
    return chosen


def above(store: VectorStore, threshold: float, k: int = 3) -> Search:
    """只要分数不小于门槛的；一个也没有，就是资料里没有。"""
    return lambda query: [d for d, score in store.similarity_search_with_score(query, k=k) if score >= threshold]


def choose_threshold(answerable: Sequence[float], unanswerable: Sequence[float]) -> float:
    """公开的那一半里，让「有答案的放行 + 没答案的拒绝」最多的门槛；一样多就取最低的（宁可放行）。

    >>> choose_threshold([0.9, 0.8], [0.7])
    0.8
    """

    def right(threshold: float) -> int:
        return sum(s >= threshold for s in answerable) + sum(s < threshold for s in unanswerable)

    candidates = sorted({*answerable, *unanswerable, max([*answerable, *unanswerable]) + 1e-6})
    return max(candidates, key=lambda threshold: (right(threshold), -threshold))


def sentences(text: str) -> list[str]:
    """按句末的标点切开，标点留在句子上。

    >>> sentences("伤胃。血压会升高；脚肿")
    ['伤胃。', '血压会升高；', '脚肿']
    """
    return [piece for piece in re.split(r"(?<=[。；！？])", text) if piece.strip()]


def split_children(parents: Sequence[Document]) -> list[Document]:
    """父文档切成句子，每句记着父文档的编号；药名与小节抄在每句前面，不然句子离开了就不知道说谁。"""
    children = []
    for parent in parents:
        head, _, body = parent.page_content.partition("：")
        for n, text in enumerate(sentences(body)):
            metadata = {**parent.metadata, "parent": parent.id}
            children.append(Document(f"{head}：{text}", id=f"{parent.id}.{n}", metadata=metadata))
    return children


def parent_search(children: Search, parents: Sequence[Document]) -> Search:
    """按小的找，给大的（旧名 ParentDocumentRetriever）：同一个父文档只给一次，名次按它最好的孩子。"""
    known = {parent.id: parent for parent in parents}
    return lambda query: [known[one] for one in dict.fromkeys(c.metadata["parent"] for c in children(query))]


def named_drugs(query: str, drugs: Iterable[str]) -> list[str]:
    """问题里写出了名字的药；不写剂型也认：「澜泊平」是「澜泊平片」。"""
    ending = r"(缓释片|含片|胶囊|颗粒|片)$"
    return [drug for drug in dict.fromkeys(drugs) if re.sub(ending, "", drug) in query]


def self_query(store: VectorStore, drugs: Sequence[str], k: int = 10) -> Search:
    """先从问题里取出条件，按元数据筛，再在剩下的里面找（旧名 SelfQueryRetriever）；没说哪种药就不筛。"""

    def search(query: str) -> list[Document]:
        named = named_drugs(query, drugs)
        return store.similarity_search(query, k=k, filter=(lambda m: m["drug"] in named) if named else None)

    return search


def compress(query: str, documents: Sequence[Document], similarity: Callable, keep: int = 1) -> list[Document]:
    """每段只留与问题最像的 keep 句，按原来的次序（旧名 ContextualCompressionRetriever）。

    similarity(问题, 句子们) 给每句的分数。
    """
    kept = []
    for document in documents:
        parts = sentences(document.page_content)
        scores = similarity(query, parts)
        best = sorted(sorted(range(len(parts)), key=lambda i: (-scores[i], i))[:keep])
        kept.append(Document("".join(parts[i] for i in best), id=document.id, metadata=document.metadata))
    return kept
