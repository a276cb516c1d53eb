"""ex06 工具循环：每个调用都有回答，错误也是回答，次数有上限，危险的先问人。

级别：手算、补全、扩展。先读：`5_tools.md`。
检查：`pytest LangChain/exercises/check_ex06.py`

消息与调用是网络上的那种字典，不用 LangChain，也不用模型。一次调用：
  {"id": "c1", "type": "function", "function": {"name": "add", "arguments": '{"a": 1, "b": 2}'}}
`arguments` 是一段文字，里面应当是 JSON；它是模型写的，什么都可能。
"""

# ruff: noqa: F401  做题时用得到的导入
import json
from collections.abc import Callable


def messages_at_the_end(calls: list[int]) -> int:
    """手算：从一条 user 开始，模型依次回答 len(calls) 次，第 i 次要 calls[i] 个调用，每个都答了。最后共几条消息？

    >>> messages_at_the_end([2, 0])  # user、assistant、两个 tool、assistant
    5
    """
    raise NotImplementedError


def run_call(call: dict, tools: dict[str, Callable]) -> dict:
    """补全：执行一次调用，返回 {"role": "tool", "tool_call_id": ..., "content": 文字}。

    结果不是文字，就写成 JSON（中文不转义）。模型与工具的错都变成以「错误：」开头的文字，让模型看到，不往外抛：
    没有这个工具（说有哪些）、参数不是 JSON 对象、参数与函数对不上、函数抛了 Exception（带上它的话）。

    >>> def call(name, arguments):
    ...     return {"id": "c1", "type": "function", "function": {"name": name, "arguments": arguments}}
    >>> tools = {"add": lambda a, b: a + b}
    >>> run_call(call("add", '{"a": 1, "b": 2}'), tools)
    {'role': 'tool', 'tool_call_id': 'c1', 'content': '3'}
    >>> run_call(call("mul", "{}"), tools)["content"]
    '错误：...add...'
    """
    raise NotImplementedError


def run_agent(
    ask: Callable[[list[dict]], dict], messages: list[dict], tools: dict[str, Callable], most: int = 5
) -> list[dict]:
    """补全：问模型、执行它要的全部调用、把结果接上，直到它不要工具为止。返回完整的历史，不改动传进来的列表。

    ask(历史) 返回一条 assistant 消息；没有 "tool_calls"（或者是空的）就结束。至多问 most 次；
    第 most 次还要用工具，就不执行，每个调用都答一句以「错误：」开头的话：下一次接着用这段历史，它还是合法的。

    >>> replies = iter([{"role": "assistant", "content": "你好"}])
    >>> [m["role"] for m in run_agent(lambda history: next(replies), [{"role": "user", "content": "在吗"}], {})]
    ['user', 'assistant']
    """
    raise NotImplementedError


def with_approval(
    tools: dict[str, Callable], dangerous: set[str], confirm: Callable[[str, dict], bool]
) -> dict[str, Callable]:
    """扩展：返回一套新的工具。名字在 dangerous 里的，执行之前先问 confirm(名字, 参数)。

    不同意就不执行，返回以「错误：」开头的话。

    >>> safe = with_approval({"send": lambda to: "发了"}, {"send"}, lambda name, arguments: False)
    >>> safe["send"](to="甲")
    '错误：...'
    """
    raise NotImplementedError
