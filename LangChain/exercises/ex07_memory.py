"""ex07 记忆：每轮发多少、留最近几个回合、旧的写成摘要、用户之间不串。

级别：手算、补全、扩展。先读：`6_memory.md`。
检查：`pytest LangChain/exercises/check_ex07.py`

消息是 {"role": "system" | "user" | "assistant" | "tool", "content": 文字} 的字典；一个回合从一条 user 开始。
"""

from collections.abc import Callable


def total_sent(sizes: list[int], keep: int | None = None) -> int:
    """手算：第 i 个回合有 sizes[i] 个词元。每个回合都把历史连同这个回合发一遍，一共发出多少词元？

    keep 是每次只发最近的几个回合（含这个回合）；None 是全部都发。

    >>> total_sent([10, 10, 10]), total_sent([10, 10, 10], keep=1)  # 10 + 20 + 30
    (60, 30)
    """
    raise NotImplementedError


def window(messages: list[dict], keep: int) -> list[dict]:
    """补全：最前面的 system（有的话）加最近 keep 个回合，keep 至少是 1；不改动传进来的列表。

    >>> history = [{"role": role, "content": "…"} for role in ("system", "user", "assistant", "user")]
    >>> window(history, 1) == [history[0], history[3]]
    True
    """
    raise NotImplementedError


def compact(
    summary: str, messages: list[dict], keep: int, summarize: Callable[[str, list[dict]], str]
) -> tuple[str, list[dict]]:
    """扩展：返回 (新的摘要, 留下的消息)。留最近 keep 个回合，更早的与旧的摘要一起交给 summarize(旧摘要, 更早的消息)。

    没有更早的回合，就不调用 summarize，原样返回。messages 里没有 system。

    >>> history = [{"role": "user", "content": text} for text in ("甲", "乙", "丙")]
    >>> compact("", history, 1, lambda old, dropped: old + "".join(m["content"] for m in dropped))
    ('甲乙', [{'role': 'user', 'content': '丙'}])
    """
    raise NotImplementedError


class Threads:
    """补全：按 (用户, 会话) 存消息；别的用户、别的会话看不到。

    >>> store = Threads()
    >>> store.append("甲", "1", [{"role": "user", "content": "我对青霉素过敏"}])
    >>> len(store.load("甲", "1")), store.load("乙", "1"), store.load("甲", "2")
    (1, [], [])
    """

    def __init__(self):
        raise NotImplementedError

    def append(self, user: str, thread: str, messages: list[dict]) -> None:
        """接在这个会话的后面。"""
        raise NotImplementedError

    def load(self, user: str, thread: str) -> list[dict]:
        """这个会话的全部消息，从旧到新；没有就是空列表。调用者改它返回的列表，存着的不变。"""
        raise NotImplementedError

    def forget(self, user: str) -> int:
        """删掉这个用户的全部会话，返回删了几条消息；别的用户不动。"""
        raise NotImplementedError
