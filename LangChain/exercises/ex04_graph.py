"""ex04 链与图：数片、路由、带合并规则的小图。

级别：手算、补全、扩展。先读：`8_LCEL.md`。
检查：`pytest LangChain/exercises/check_ex04.py`
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

STOP = "stop"  # 图走到这里就结束


def first_piece(steps: list[str], pieces: int) -> tuple[int, int]:
    """手算：模型说 pieces 片（至少 1），后面依次接 steps：
    "flow" 收一片给一片，"gather" 收齐再给一片。
    返回 (用户看到几片, 看到第一片时模型已经说了几片)。

    >>> first_piece(["flow", "flow"], 10), first_piece(["gather"], 10)
    ((10, 1), (1, 10))
    """
    raise NotImplementedError


def streamed(pieces: Iterable[str], steps: list[tuple[str, Callable[[str], str]]]) -> Iterator[str]:
    """补全：依次接上 steps，每项是 ("flow", 函数) 或 ("gather", 函数)；能早给的一片不晚给。

    "flow" 对每一片用函数，"gather" 把收到的接成一段用一次函数。

    >>> list(streamed(["ab", "c"], [("flow", str.upper)])), list(streamed(["ab", "c"], [("gather", str.title)]))
    (['AB', 'C'], ['Abc'])
    """
    raise NotImplementedError


def route(rules: list[tuple[Callable[[Any], bool], Callable]], default: Callable) -> Callable:
    """补全：返回一个函数：用第一个条件成立的那条规则的处理，都不成立用 default。

    >>> rules = [(lambda q: "药" in q, lambda q: "药师"), (lambda q: "科" in q, lambda q: "挂号处")]
    >>> answer = route(rules, lambda q: "客服")
    >>> answer("吃什么药"), answer("看什么科"), answer("你好")
    ('药师', '挂号处', '客服')
    """
    raise NotImplementedError


def run_graph(
    nodes: Mapping[str, Callable[[dict], dict]],
    edges: Mapping[str, Any],
    start: str,
    state: dict,
    merge: Mapping[str, Callable[[Any, Any], Any]] | None = None,
    limit: int = 25,
) -> dict:
    """扩展：从 start 走到 STOP，返回最后的状态；不改动传进来的 state。

    节点收状态，返回要改的几个键。键在 merge 里，新的值是 merge[键](旧的, 返回的)；不在 merge 里就覆盖；
    状态里还没有这个键，直接放进去。
    edges[节点] 是下一个节点的名字，或者看（改过的）状态决定名字的函数。
    下一个名字不在 nodes 里、也不是 STOP，抛 KeyError；走了 limit 个节点还没有停，抛 RuntimeError。

    >>> nodes = {"add": lambda state: {"n": state["n"] + 1, "log": [state["n"]]}}
    >>> edges = {"add": lambda state: "add" if state["n"] < 3 else STOP}
    >>> run_graph(nodes, edges, "add", {"n": 0, "log": []}, merge={"log": lambda old, new: old + new})
    {'n': 3, 'log': [0, 1, 2]}
    """
    raise NotImplementedError
