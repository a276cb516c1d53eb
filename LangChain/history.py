"""对话历史：工具的调用与结果成对，裁剪只在回合的开头切，中文的词元怎样估。

教什么：一段历史合不合法，一眼就能查；裁剪之后仍然合法，要从 user 开始切；没有分词器时怎样估词元数。
不教什么：旧的内容怎样留下（`6_memory.md`）；工具怎样执行（`tool_loop.py`）。
不是脚本，由 `4_messages.py` 与测试导入。对应笔记：`4_messages.md`。
"""

import random
import re
from collections.abc import Callable, Iterator, Sequence

from langchain.messages import AIMessage, AnyMessage, HumanMessage, SystemMessage, ToolMessage

Count = Callable[[Sequence[AnyMessage]], int]
# (一类字符, 每个字符多少词元)；不在前三类的是标点。系数是基座模型的分词器在十段文字上拟合的，换模型要重新量
RATES = (
    (re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]"), 0.7),  # 汉字、假名、中文标点、全角
    (re.compile(r"[0-9]"), 1.0),  # 一个数字一个词元
    (re.compile(r"[A-Za-z\s]"), 0.22),
)
OTHER_RATE, MESSAGE_TOKENS = 0.75, 5  # 每条消息还有两边的标记


def broken_pairs(messages: Sequence[AnyMessage]) -> list[str]:
    """不成对的调用与结果，各用一句话说；空列表就是成对的。

    一条 AIMessage 的每个调用，要在下一条不是 ToolMessage 的消息之前得到恰好一个结果。

    >>> broken_pairs([HumanMessage("天气？"), ToolMessage("晴", tool_call_id="c1")])
    ['结果 c1 没有调用']
    """
    problems, waiting = [], []
    for message in messages:
        if isinstance(message, ToolMessage):
            if message.tool_call_id in waiting:
                waiting.remove(message.tool_call_id)
            else:
                problems.append(f"结果 {message.tool_call_id} 没有调用")
            continue
        problems += [f"调用 {i} 没有结果" for i in waiting]
        waiting = [call["id"] for call in message.tool_calls] if isinstance(message, AIMessage) else []
    return problems + [f"调用 {i} 没有结果" for i in waiting]


def history_problems(messages: Sequence[AnyMessage]) -> list[str]:
    """发给接口之前要查的：成对；system 之后从 user 开始；至少有一条 user。"""
    body = messages[1:] if messages and isinstance(messages[0], SystemMessage) else messages
    problems = broken_pairs(body)
    if not any(isinstance(message, HumanMessage) for message in body):
        problems.append("没有 user：不知道要回答什么")
    elif not isinstance(body[0], HumanMessage):
        problems.append(f"从 {body[0].type} 开始，不是 user")
    return problems


def trim_turns(messages: Sequence[AnyMessage], limit: int, count: Count) -> list[AnyMessage]:
    """system 加尽可能多的最近的完整回合，使 count(结果) <= limit；一个回合也放不下就抛 ValueError。

    >>> history = [HumanMessage("一"), AIMessage("好"), HumanMessage("二")]
    >>> [message.text for message in trim_turns(history, 2, len)]  # 放得下两条，可是“好”前面没有问题
    ['二']
    """
    head = list(messages[:1]) if messages and isinstance(messages[0], SystemMessage) else []
    for start in range(len(head), len(messages)):
        kept = [*head, *messages[start:]]
        if isinstance(messages[start], HumanMessage) and count(kept) <= limit:
            return kept
    raise ValueError(f"最后一个回合也放不下 {limit}：调大上限，或缩短那个回合里工具的结果")


def estimate_tokens(messages: Sequence[AnyMessage]) -> int:
    """没有分词器时的估计：汉字、数字、字母、标点分开算，每条消息再加标记。

    >>> estimate_tokens([HumanMessage("中国的首都是哪里？")])
    11
    """
    total = 0.0
    for message in messages:
        text = message.text + "".join(str(call["args"]) for call in getattr(message, "tool_calls", ()))
        counts = [(len(pattern.findall(text)), rate) for pattern, rate in RATES]
        rest = len(text) - sum(count for count, _ in counts)
        total += sum(count * rate for count, rate in counts) + rest * OTHER_RATE + MESSAGE_TOKENS
    return round(total)


def sample_history(generator: random.Random, turns: int) -> list[AnyMessage]:
    """一段合法的历史：system 加若干个回合；一半的回合用工具，一次要 1 到 3 个调用。"""
    messages: list[AnyMessage] = [SystemMessage("简短地回答。")]
    for i in range(turns):
        messages.append(HumanMessage(f"第 {i} 个问题：" + "天" * generator.randint(2, 20)))
        messages += sample_calls(generator, i) if generator.random() < 0.5 else []
        messages.append(AIMessage("答" * generator.randint(2, 30)))
    return messages


def sample_calls(generator: random.Random, turn: int) -> Iterator[AnyMessage]:
    """一条要工具的 AIMessage 与它的结果。"""
    ids = [f"call_{turn}_{k}" for k in range(generator.randint(1, 3))]
    yield AIMessage("", tool_calls=[{"name": "weather", "args": {"city": "北京"}, "id": i} for i in ids])
    yield from (ToolMessage("晴" * generator.randint(1, 20), tool_call_id=i) for i in ids)
