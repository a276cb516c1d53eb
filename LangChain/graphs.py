"""一张小图的普通 Python 版：节点改状态，边说下一个去哪里；同一张图也交给 LangGraph。

教什么：链只往前走；要绕回来、要停、要数次数，就把它写成节点、边、状态。
不教什么：检查点与暂停（`6_memory.md`、`5_tools.md`）；并行的节点怎样合并（`exercises/ex04_graph.py`）。
不是脚本，由本章的脚本与测试导入。对应笔记：`8_LCEL.md`「代码走读」。
"""

import json
from collections.abc import Callable, Mapping
from typing import TypedDict

from langchain.messages import AIMessage, HumanMessage, SystemMessage
from langchain_core.runnables import Runnable

EXTRACT_SYSTEM = "从文字里提取信息，只写一个 JSON 对象，键与次序照这个 schema；文字里没有的写 null。\n{schema}"
SCHEMA = {
    "type": "object",
    "properties": {"name": {"type": ["string", "null"]}, "age": {"type": ["integer", "null"]}},
    "required": ["name", "age"],
}
MOST = 3
STOP = "stop"  # 边指向它就结束

Node = Callable[[dict], dict]  # 状态 -> 要改的几个键
Edge = str | Callable[[dict], str]  # 固定的下一个，或看状态决定


class State(TypedDict, total=False):
    """图的状态：每个节点都看得到，每个节点都能改。"""

    messages: list  # 发给模型的
    draft: str  # 模型这次写的
    problem: str  # 哪里不对；空串是合格
    tries: int  # 写了几次


def run_graph(nodes: Mapping[str, Node], edges: Mapping[str, Edge], start: str, state: dict, limit: int = 25) -> dict:
    """从 start 走到 STOP；走了 limit 步还没到就抛 RuntimeError。

    >>> nodes = {"add": lambda state: {"n": state["n"] + 1}}
    >>> run_graph(nodes, {"add": lambda state: "add" if state["n"] < 3 else STOP}, "add", {"n": 0})
    {'n': 3}
    """
    name = start
    for _ in range(limit):
        state = {**state, **nodes[name](state)}
        edge = edges[name]
        name = edge(state) if callable(edge) else edge
        if name == STOP:
            return state
    raise RuntimeError(f"走了 {limit} 步还没有停在 {STOP}，正要去 {name}：看看条件边是不是总绕回来")


def compile_graph(nodes: Mapping[str, Node], edges: Mapping[str, Edge], start: str, schema: type):
    """同样的节点与边，交给 LangGraph。"""
    from langgraph.graph import END, START, StateGraph

    graph = StateGraph(schema)
    graph.add_edge(START, start)
    for name, node in nodes.items():
        graph.add_node(name, node)
    targets = {**{name: name for name in nodes}, STOP: END}
    for name, edge in edges.items():
        if callable(edge):
            graph.add_conditional_edges(name, edge, targets)
        else:
            graph.add_edge(name, targets[edge])
    return graph.compile()


def first_messages(text: str) -> list:
    """第一次发给模型的。"""
    schema = json.dumps(SCHEMA, ensure_ascii=False)
    return [SystemMessage(EXTRACT_SYSTEM.format(schema=schema)), HumanMessage(text)]


def problem_of(draft: str) -> str:
    """写的 JSON 哪里不对；空串是没有不对。

    >>> problem_of('{"name": "张三", "age": 25}'), problem_of('{"name": "张三", "age": "25 岁"}')
    ('', 'age 应当是整数或 null')
    """
    try:
        found = json.loads(draft)
    except ValueError:
        return "不是 JSON"
    if not isinstance(found, dict) or set(found) != set(SCHEMA["properties"]):
        return f"键应当恰好是 {'、'.join(SCHEMA['properties'])}"
    if not isinstance(found["name"], str | None):
        return "name 应当是文字或 null"
    return "" if type(found["age"]) in (int, type(None)) else "age 应当是整数或 null"


# region repair
def repair_graph(model: Runnable) -> tuple[dict[str, Node], dict[str, Edge]]:
    """写 -> 查 -> 不合格就说清楚、再写，至多 MOST 次。返回节点与边。"""

    def write(state):
        return {"draft": model.invoke(state["messages"]).text, "tries": state.get("tries", 0) + 1}

    def check(state):
        return {"problem": problem_of(state["draft"])}

    def explain(state):
        again = HumanMessage(f"{state['problem']}。重写一次，只写 JSON。")
        return {"messages": [*state["messages"], AIMessage(state["draft"]), again]}

    def after_check(state):
        return STOP if not state["problem"] or state["tries"] == MOST else "explain"

    nodes = {"write": write, "check": check, "explain": explain}
    return nodes, {"write": "check", "check": after_check, "explain": "write"}


# endregion
