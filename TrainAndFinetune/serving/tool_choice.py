"""必须调用工具（`required` 或指名一个）：llama.cpp 做不到的一半，用文法补上。

教什么：语法约束怎样保证「一定有一次调用、参数一定合 schema」。llama.cpp 的 `required` 允许先写一段话，
弱模型会一直写下去；指名一个工具的写法它不认，退回 `auto`。这里把工具交给对话模板、把格式交给文法：
`<tool_call>{"name": …, "arguments": …}</tool_call>`，与训练数据逐字相同。
不教什么：文法怎么限制采样（`2_serve.md`）；`auto` 由 llama.cpp 自己解析。
对应笔记：`2_serve.md`。
"""

import json
import secrets

from TrainAndFinetune.serving.errors import ApiError

OPEN, CLOSE = "<tool_call>", "</tool_call>"
# llguidance 的写法：分隔符与 json.dumps 的默认相同，不许多余的空白（弱模型会把词元都花在空白上）
SPACING = {"whitespace_flexible": False, "item_separator": ", ", "key_separator": ": "}


def forced_tools(request: dict) -> list[dict] | None:
    """请求要求必须调用时，可选的工具；不要求就是 None。名字不在 tools 里是调用者的错。"""
    choice, tools = request.get("tool_choice"), request.get("tools") or []
    if choice != "required" and not isinstance(choice, dict):
        return None
    if not tools:
        raise ApiError(400, "missing_tools", "tool_choice 要求调用工具，但没有给 tools")
    if choice == "required":
        return tools
    name = (choice.get("function") or {}).get("name")
    chosen = [tool for tool in tools if tool["function"]["name"] == name]
    if not chosen:
        known = "、".join(tool["function"]["name"] for tool in tools)
        raise ApiError(400, "unknown_tool", f"tool_choice 指名的工具 {name} 不在 tools 里；有 {known}")
    return chosen


def call_grammar(tools: list[dict]) -> str:
    """恰好一次调用的文法；工具之间是「或」。"""
    lines = ["%llguidance {}", f'start: "{OPEN}" ({" | ".join(f"tool{i}" for i in range(len(tools)))}) "{CLOSE}"']
    for i, tool in enumerate(tools):
        function = tool["function"]
        arguments = function.get("parameters") or {"type": "object", "properties": {}}
        schema = {
            "x-guidance": SPACING,
            "type": "object",
            "properties": {"name": {"const": function["name"]}, "arguments": arguments},
            "required": ["name", "arguments"],
            "additionalProperties": False,
        }
        lines.append(f"tool{i}: %json {json.dumps(schema, ensure_ascii=False)}")
    return "\n".join(lines)


def force(request: dict, tools: list[dict]) -> dict:
    """改写请求：工具只给模板看（llama.cpp 不许 `tools` 与 `grammar` 一起来），格式由文法管，不流式。"""
    dropped = ("tools", "tool_choice", "parallel_tool_calls", "stream", "stream_options", "response_format")
    kept = {key: value for key, value in request.items() if key not in dropped}
    return {**kept, "chat_template_kwargs": {"tools": request["tools"]}, "grammar": call_grammar(tools)}


def unpack(response: dict) -> dict:
    """把文法写出来的文字变成 OpenAI 的 `tool_calls`；被 max_tokens 截断的留在 content 里，不冒充调用。"""
    for choice in response["choices"]:
        text = choice["message"].get("content") or ""
        if not (text.startswith(OPEN) and text.endswith(CLOSE)):
            continue
        call = json.loads(text[len(OPEN) : -len(CLOSE)])
        arguments = json.dumps(call["arguments"], ensure_ascii=False)
        function = {"name": call["name"], "arguments": arguments}
        call = {"id": f"call_{secrets.token_hex(12)}", "type": "function", "function": function}
        choice["message"] = {"role": "assistant", "content": None, "tool_calls": [call]}
        choice["finish_reason"] = "tool_calls"
    return response


def as_chunks(response: dict, with_usage: bool) -> list[dict]:
    """一个完整的回答拆成流式的块：先是内容，再是结束的原因，最后（要的话）是用量。"""
    head = {key: response[key] for key in ("id", "created", "model")} | {"object": "chat.completion.chunk"}
    chunks = []
    for choice in response["choices"]:
        message, index = choice["message"], choice["index"]
        calls = [{"index": i, **call} for i, call in enumerate(message.get("tool_calls") or [])]
        delta = {"role": "assistant", "content": message.get("content")} | ({"tool_calls": calls} if calls else {})
        chunks.append({**head, "choices": [{"index": index, "delta": delta, "finish_reason": None}]})
        end = {"index": index, "delta": {}, "finish_reason": choice["finish_reason"]}
        chunks.append({**head, "choices": [end]})
    return chunks + ([{**head, "choices": [], "usage": response["usage"]}] if with_usage else [])
