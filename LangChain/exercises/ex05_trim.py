"""ex05 裁剪对话：裁完的历史还要合法，工具的调用与结果成对。

级别：手算、补全、扩展。先读：`4_messages.md`。
检查：`pytest LangChain/exercises/check_ex05.py`

消息是网络上的那种字典，不用 LangChain：
  {"role": "system" | "user" | "assistant" | "tool", "content": 文字}
  assistant 要用工具时多一个键 "tool_calls"：[{"id": "c1"}, ...]（别的键这一题用不到）
  tool 多一个键 "tool_call_id"，说它是哪一次调用的结果
"""

from collections.abc import Callable


def broken_ids(messages: list[dict]) -> list[str]:
    """手算、补全：返回不成对的 id，次序不限；空列表就是成对的。

    规则：assistant 的每个调用，都要在下一条不是 tool 的消息之前得到恰好一个结果；
    tool 的结果只能答它前面那条 assistant 的调用。不同的回合可以用同样的 id。

    >>> call = {"role": "assistant", "content": "", "tool_calls": [{"id": "c1"}, {"id": "c2"}]}
    >>> result = {"role": "tool", "tool_call_id": "c2", "content": "晴"}
    >>> broken_ids([{"role": "user", "content": "天气？"}, call, result])  # c1 没有结果
    ['c1']
    >>> broken_ids([result])  # 调用被裁掉了
    ['c2']
    """
    raise NotImplementedError


def split_turns(messages: list[dict]) -> tuple[list[dict], list[list[dict]]]:
    """补全：(系统消息, 回合)。最前面的 system 单独放；一个回合从一条 user 开始，到下一条 user 之前。

    >>> system, first, second = ({"role": role, "content": "…"} for role in ("system", "user", "user"))
    >>> answer = {"role": "assistant", "content": "好"}
    >>> head, turns = split_turns([system, first, answer, second])
    >>> head == [system], [len(turn) for turn in turns]
    (True, [2, 1])
    """
    raise NotImplementedError


def trim(messages: list[dict], limit: int, count: Callable[[list[dict]], int]) -> list[dict]:
    """补全：留下 system 与尽可能多的最近的完整回合，使 count(结果) <= limit；不改动传进来的列表。

    连最后一个回合都放不下，就抛 ValueError：悄悄返回一段没有问题的历史，模型会乱答。

    >>> q1, q2 = {"role": "user", "content": "一"}, {"role": "user", "content": "二"}
    >>> a1 = {"role": "assistant", "content": "好"}
    >>> trim([q1, a1, q2], 2, len) == [q2]  # 放得下两条，可是从 a1 开始不是完整的回合
    True
    """
    raise NotImplementedError


def trim_last_turn(messages: list[dict], limit: int, count: Callable[[list[dict]], int]) -> list[dict]:
    """扩展：messages 是 [system] 加一个回合。放不下就从旧到新丢掉整块，直到放得下；

    只剩最新的一块还放不下，抛 ValueError。

    一块是 user 之后的一条 assistant，连同紧跟着它的 tool 结果。system 与 user 不丢，最新的一块也不丢。

    >>> q = {"role": "user", "content": "北京和上海的天气？"}
    >>> def block(i):
    ...     return [{"role": "assistant", "content": "", "tool_calls": [{"id": i}]},
    ...             {"role": "tool", "tool_call_id": i, "content": "晴"}]
    >>> trim_last_turn([q, *block("c1"), *block("c2")], 4, len) == [q, *block("c2")]
    True
    """
    raise NotImplementedError
