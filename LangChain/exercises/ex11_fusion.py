"""ex11 检索：合并名次（RRF）、多样（MMR）、按小的找给大的、门槛。

级别：手算、补全、扩展。先读：`12_retriever.md`。
检查：`pytest LangChain/exercises/check_ex11.py`

文档用编号（字符串）表示，名单从好到坏；向量是长度 1 的列表，点积就是余弦。
"""


def rrf_score(ranks: list[int | None], k: int = 60) -> float:
    """手算：一个文档在几个名单里各排第几（从 1 数，None 是不在那个名单里），它的 RRF 分数是多少？

    >>> rrf_score([1, None], k=1)
    0.5
    """
    raise NotImplementedError


def rrf(rankings: list[list[str]], k: int = 60) -> list[str]:
    """补全：合并几个名单，每个文档一次，分数从大到小；分数相同的，先出现的在前。

    先出现：先看第一个名单从头到尾，再看第二个。同一个名单里重复的只算它最好的名次。

    >>> rrf([["甲", "乙"], ["乙", "丙"]])
    ['乙', '甲', '丙']
    """
    raise NotImplementedError


def mmr(query: list[float], vectors: list[list[float]], k: int, balance: float = 0.5) -> list[int]:
    """补全：一个个地挑 k 个下标。每次挑 balance * (与 query 的点积) - (1 - balance) * (与已挑的最大的点积) 最大的。

    还没有挑的时候取点积最大的；一样大的取下标小的；不够 k 个就全部挑完。

    >>> mmr([1.0, 0.0], [[0.8, 0.6], [0.8, 0.6], [0.6, -0.8]], 2)
    [0, 2]
    """
    raise NotImplementedError


def parents(children: list[str], parent_of: dict[str, str], k: int) -> list[str]:
    """补全：检索到的是孩子，给它们的父文档，同一个父文档只给一次，按最好的孩子的名次；至多 k 个父文档。

    >>> parents(["a1", "a2", "b1"], {"a1": "甲", "a2": "甲", "b1": "乙"}, 2)
    ['甲', '乙']
    """
    raise NotImplementedError


def best_threshold(answerable: list[float], unanswerable: list[float]) -> float:
    """扩展：分数不小于门槛就放行。选一个门槛，使「有答案的放行 + 没答案的拒绝」的个数最多。

    有几个一样好的，给哪个都行；两个列表都可能是空的，不会同时空。

    >>> 0.7 < best_threshold([0.9, 0.8], [0.7]) <= 0.8
    True
    """
    raise NotImplementedError
