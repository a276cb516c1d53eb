"""ex10 向量：三种相似度、换算、前缀、不串的缓存。

级别：手算、补全、扩展。先读：`11_embedding.md`。
检查：`pytest LangChain/exercises/check_ex10.py`

向量是浮点数的列表，不用 numpy。
"""

from collections.abc import Callable


def cosine(a: list[float], b: list[float]) -> float:
    """补全：余弦。有一个是零向量就抛 ValueError。

    >>> round(cosine([3.0, 4.0], [6.0, 8.0]), 6)
    1.0
    """
    raise NotImplementedError


def l2_from_cosine(value: float) -> float:
    """手算：两个长度都是 1 的向量，余弦是 value，它们的 L2 距离（不是平方）是多少？

    >>> round(l2_from_cosine(0.5), 6), round(l2_from_cosine(1.0), 6)
    (1.0, 0.0)
    """
    raise NotImplementedError


def nearest(query: list[float], vectors: list[list[float]], k: int) -> list[int]:
    """补全：与 query 余弦最大的 k 个的下标，从近到远；一样近的，下标小的在前。不够 k 个就全部给。

    >>> nearest([1.0, 0.0], [[0.0, 9.0], [0.5, 0.0], [1.0, 1.0]], 2)
    [1, 2]
    """
    raise NotImplementedError


class Cache:
    """扩展：算过的不再算。`embed(带前缀的文字的列表)` 返回同样多个向量，每次调用是一次请求。

    查询前面加 query_prefix，段落前面加 passage_prefix，再交给 embed；同一句话当查询、当段落是两个向量。

    >>> cache = Cache(lambda texts: [[float(len(text))] for text in texts], "query: ", "passage: ")
    >>> cache.query("药"), cache.passages(["药", "药"])
    ([8.0], [[10.0], [10.0]])
    """

    def __init__(self, embed: Callable[[list[str]], list[list[float]]], query_prefix: str, passage_prefix: str):
        raise NotImplementedError

    def query(self, text: str) -> list[float]:
        """一个查询的向量。"""
        raise NotImplementedError

    def passages(self, texts: list[str]) -> list[list[float]]:
        """一批段落的向量，次序与 texts 相同；没算过的合成一次请求，都算过就不发请求。"""
        raise NotImplementedError
