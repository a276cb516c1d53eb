"""受约束的回答：JSON schema，以及必须调用工具（`required` 或指名一个）。llama.cpp 做不到的一半，用文法补上。

教什么：语法约束怎样保证「一定有一次调用、参数一定合 schema」。llama.cpp 的 `required` 允许先写一段话，
弱模型会一直写下去；指名一个工具的写法它不认，退回 `auto`；它的 JSON 允许空白，弱模型会写满空白。
这里把工具交给对话模板、把格式交给文法：`<tool_call>{"name": …, "arguments": …}`，与训练数据逐字相同。
不教什么：文法怎么写（`grammar.py`）；没有约束的 `auto` 由 llama.cpp 自己解析。
对应笔记：`2_serve.md`。
"""

import json
import secrets

from TrainAndFinetune.serving.errors import ApiError
from TrainAndFinetune.serving.grammar import OPEN, answer_grammar

CONSTRAINED = ("tools", "tool_choice", "parallel_tool_calls", "response_format")


def complete_tool(tool: dict) -> dict:
    """补全没有写的说明与参数：llama.cpp 也这样补，不补的话约束与不约束时模板写出来的提示词就不同。"""
    function = tool["function"]
    given = {key: function.get(key) or empty for key, empty in (("description", ""), ("parameters", {}))}
    return {**tool, "type": "function", "function": {**function, **given}}


def wanted_schema(request: dict) -> dict | None:
    """`response_format` 要的 JSON schema；不要 JSON 就是 None。"""
    wanted = request.get("response_format") or {}
    if not isinstance(wanted, dict) or wanted.get("type", "text") not in ("text", "json_object", "json_schema"):
        raise ApiError(400, "invalid_response_format", "response_format 的 type 是 text、json_object 或 json_schema")
    if wanted.get("type") == "json_object":
        return {"type": "object"}
    if wanted.get("type") != "json_schema":
        return None
    schema = wanted.get("json_schema")
    schema = schema.get("schema") if isinstance(schema, dict) else None
    if not isinstance(schema, dict):
        raise ApiError(400, "invalid_response_format", "response_format 里没有 json_schema.schema")
    return schema


def callable_tools(request: dict, schema: dict | None) -> list[dict]:
    """由文法管的工具：要求必须调用时是可选的那些，又要 JSON 又给了工具时是全部；交给 llama.cpp 的是空的。"""
    choice, tools = request.get("tool_choice") or "auto", request.get("tools") or []
    if choice == "auto":
        return tools if schema is not None else []
    if choice == "none":
        return []
    if not tools:
        raise ApiError(400, "missing_tools", "tool_choice 要求调用工具，但没有给 tools")
    if choice == "required":
        return tools
    name = (choice.get("function") or {}).get("name") if isinstance(choice, dict) else choice
    chosen = [tool for tool in tools if tool["function"]["name"] == name]
    if not chosen:
        known = "、".join(tool["function"]["name"] for tool in tools)
        rule = 'tool_choice 是 "auto"、"none"、"required"，或 {"type": "function", "function": {"name": 工具名}}'
        raise ApiError(400, "unknown_tool", f"tool_choice 要的 {name} 不在 tools 里，有 {known}；{rule}")
    return chosen


def is_forced(request: dict) -> bool:
    """是不是必须调用，不许用 JSON 回答。"""
    return (request.get("tool_choice") or "auto") not in ("auto", "none")


def constrain(request: dict, tools: list[dict], schema: dict | None) -> dict:
    """改写请求：格式由文法管；工具只给模板看（llama.cpp 不许 `tools` 与 `grammar` 一起来），那时不流式。"""
    kept = {key: value for key, value in request.items() if key not in CONSTRAINED}
    kept["grammar"] = answer_grammar(tools, None if is_forced(request) else schema)
    if tools:
        kept = {key: value for key, value in kept.items() if key not in ("stream", "stream_options")}
        kept["chat_template_kwargs"] = {"tools": request["tools"]}
    return kept


def unpack(response: dict) -> dict:
    """把文法写出来的文字变成 OpenAI 的 `tool_calls`；被 max_tokens 截断的留在 content 里，不冒充调用。"""
    for choice in response["choices"]:
        text = choice["message"].get("content") or ""
        try:
            call = json.loads(text.removeprefix(OPEN)) if text.startswith(OPEN) else None
        except ValueError:
            continue
        if call is not None:
            function = {"name": call["name"], "arguments": json.dumps(call["arguments"], ensure_ascii=False)}
            call = {"id": f"call_{secrets.token_hex(12)}", "type": "function", "function": function}
            choice["message"] = {"role": "assistant", "content": None, "tool_calls": [call]}
            choice["finish_reason"] = "tool_calls"
    return response
