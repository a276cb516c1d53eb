"""工具循环的普通 Python 版：函数变成 schema，调用变成执行，错误变成结果，次数有上限。

教什么：`@tool`、`bind_tools`、`create_agent` 各替你做了哪一步。
不教什么：中间件、审批（笔记里用框架的）；历史怎样裁（`history.py`）。
不是脚本，由 `5_tools.py` 与测试导入。对应笔记：`5_tools.md`「手算小例子」。
"""

import inspect
import json
from collections.abc import Callable, Mapping
from typing import Literal, get_args, get_origin, get_type_hints

Tools = Mapping[str, Callable]
JSON_TYPES = {str: "string", int: "integer", float: "number", bool: "boolean"}


def schema_of(function: Callable) -> dict:
    """函数的签名与说明 -> 请求里 `tools` 的一项。没有默认值的参数是必需的。

    >>> def weather(city: str, days: int = 1) -> str:
    ...     '''查询天气。'''
    >>> schema_of(weather)["function"]["parameters"]["required"]
    ['city']
    """
    hints, properties, required = get_type_hints(function), {}, []
    for name, parameter in inspect.signature(function).parameters.items():
        hint = hints[name]
        properties[name] = {"type": JSON_TYPES[str if get_origin(hint) is Literal else hint]}
        if get_origin(hint) is Literal:
            properties[name]["enum"] = list(get_args(hint))
        if parameter.default is parameter.empty:
            required.append(name)
        else:
            properties[name]["default"] = parameter.default
    parameters = {"properties": properties, "required": required, "type": "object"}
    described = {"name": function.__name__, "description": inspect.getdoc(function), "parameters": parameters}
    return {"type": "function", "function": described}


def check_arguments(function: Callable, arguments: dict) -> None:
    """参数是不是一个对象、名字对不对、类型合不合签名；不合就抛 TypeError。

    >>> def weather(city: str, days: int = 1) -> str: ...
    >>> check_arguments(weather, {"city": "北京", "days": "后天"})
    Traceback (most recent call last):
    TypeError: 参数 days 收到 '后天'，应当是 int
    """
    if not isinstance(arguments, dict):
        raise TypeError(f"参数收到 {arguments!r}，应当是一个 JSON 对象")
    hints = get_type_hints(function)
    for name, value in inspect.signature(function).bind(**arguments).arguments.items():
        allowed = get_args(hints[name]) if get_origin(hints[name]) is Literal else None
        kinds = (int, float) if hints[name] is float else (str if allowed else hints[name],)
        if (
            not isinstance(value, kinds)
            or isinstance(value, bool)
            and bool not in kinds
            or allowed
            and value not in allowed
        ):
            wanted = "、".join(map(str, allowed)) if allowed else hints[name].__name__
            raise TypeError(f"参数 {name} 收到 {value!r}，应当是 {wanted}")


def sendable(reply: dict) -> dict:
    """接进历史的那一份：参数不是 JSON 对象的调用，参数换成 {}。原样发回去，下一次请求就被拒绝。"""
    calls = reply.get("tool_calls") or []
    fixed = [{**c, "function": {**c["function"], "arguments": as_object(c["function"]["arguments"])}} for c in calls]
    return {**reply, "tool_calls": fixed} if fixed else reply


def as_object(text: str) -> str:
    """是 JSON 对象就原样，不是就 {}。"""
    try:
        return text if isinstance(json.loads(text), dict) else "{}"
    except ValueError:
        return "{}"


def execute(call: dict, tools: Tools) -> dict:
    """一次调用 -> 一条 tool 消息。模型的错与工具的错都写成「错误：」开头的文字，让模型看到。

    >>> call = {"id": "c1", "function": {"name": "wether", "arguments": "{}"}}
    >>> execute(call, {"weather": None})["content"]
    '错误：没有工具 wether，有 weather'
    """
    name, text = call["function"]["name"], call["function"]["arguments"]
    try:
        if name not in tools:
            raise LookupError(f"没有工具 {name}，有 {'、'.join(tools)}")
        arguments = json.loads(text)
        check_arguments(tools[name], arguments)  # 先查，再进函数：删除、付款这样的工具不能拿错的参数试
        result = tools[name](**arguments)
        content = result if isinstance(result, str) else json.dumps(result, ensure_ascii=False)
    except json.JSONDecodeError:  # 多半是被 max_tokens 截断
        content = f"错误：参数不是完整的 JSON：{text}"
    except Exception as error:  # 工具会抛什么，事先不知道；Ctrl-C 不在其中
        content = f"错误：{error}"
    return {"role": "tool", "tool_call_id": call["id"], "content": content}


def run_tools(ask: Callable[[list[dict]], dict], messages: list[dict], tools: Tools, most: int = 5) -> list[dict]:
    """问模型，执行它要的全部调用，再问，直到它不要工具；至多问 most 次。返回完整的历史。

    到了上限还要工具，就不执行，每个调用都答一句：历史仍然成对，下一次请求不会被拒绝。
    """
    history = list(messages)
    for number in range(1, most + 1):
        reply = ask(history)
        history.append(sendable(reply))
        for call in reply.get("tool_calls") or ():
            refused = {
                "role": "tool",
                "tool_call_id": call["id"],
                "content": f"错误：问了 {most} 次，到了上限，没有执行",
            }
            history.append(refused if number == most else execute(call, tools))
        if not reply.get("tool_calls"):
            break
    return history
