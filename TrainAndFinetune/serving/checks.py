"""对话请求的检查：llama.cpp 会悄悄忽略或报 500 的错误，在这里变成 400，说清收到了什么、规则是什么。

教什么：哪些错是调用者的——不认识的角色、放错位置的系统消息、图片、截断的工具参数、不像工具的工具、不合理的上限。
对应笔记：`2_serve.md`。
"""

import json

from TrainAndFinetune.serving.errors import ApiError

ROLES = ("system", "developer", "user", "assistant", "tool")
MARKS = ("<start_of_turn>", "<end_of_turn>")  # 内容里的由模板删掉；参数是 JSON，删了可能不再是那个意思，所以拒绝


def check_chat(body: dict) -> None:
    """检查 messages、tools、max_tokens、stop；不合就抛 ApiError。"""
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise ApiError(400, "invalid_messages", "messages 应当是不空的列表")
    for i, message in enumerate(messages):
        check_message(i, message)
    if not any(message["role"] in ("user", "tool") for message in messages):
        raise ApiError(400, "invalid_messages", "messages 里没有 user 的消息：模型不知道要回答什么")
    check_tools(body.get("tools"))
    for name in ("max_tokens", "max_completion_tokens"):
        value = body.get(name)
        if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 1):
            raise ApiError(400, "invalid_max_tokens", f"{name} 收到 {value!r}，应当是正整数")
    stop = body.get("stop") or []
    if not isinstance(stop, str) and not (isinstance(stop, list) and all(isinstance(text, str) for text in stop)):
        raise ApiError(400, "invalid_stop", f"stop 收到 {stop!r}，应当是文字，或文字的列表")


def check_message(i: int, message) -> None:
    """一条消息：角色认识，内容是文字，工具参数是完整的 JSON。"""
    if not isinstance(message, dict) or message.get("role") not in ROLES:
        raise ApiError(400, "invalid_messages", f"第 {i} 条消息的 role 应当是 {'、'.join(ROLES)} 之一")
    role, content = message["role"], message.get("content")
    if role in ("system", "developer") and i > 0:  # 模板只看第一条：放在别处的会被悄悄丢掉
        raise ApiError(400, "invalid_messages", f"第 {i} 条消息是 {role}；系统消息只能有一条，放在最前面")
    if content is None and role != "assistant":
        raise ApiError(400, "invalid_messages", f"第 {i} 条消息（{role}）没有 content")
    if not isinstance(content, (str, list, type(None))):
        raise ApiError(400, "invalid_messages", f"第 {i} 条消息的 content 应当是文字，收到 {type(content).__name__}")
    for part in content if isinstance(content, list) else ():
        if not isinstance(part, dict) or part.get("type") != "text" or not isinstance(part.get("text"), str):
            raise ApiError(400, "unsupported_content", f"第 {i} 条消息里有不是文字的内容；这个模型只懂文字")
    for call in message.get("tool_calls") or ():
        check_call(i, call)


def check_call(i: int, call) -> None:
    """历史里的一次工具调用。"""
    function = call.get("function") if isinstance(call, dict) else None
    if not isinstance(function, dict) or not isinstance(function.get("name"), str):
        raise ApiError(400, "invalid_messages", f"第 {i} 条消息的 tool_calls 里没有 function.name")
    try:
        complete = isinstance(json.loads(function.get("arguments") or "{}"), dict)
    except (TypeError, ValueError):
        complete = False
    if not complete:
        hint = "多半是上一次被 max_tokens 截断；别把它发回来，加大 max_tokens 再问一次"
        raise ApiError(400, "invalid_tool_arguments", f"第 {i} 条消息的工具参数不是完整的 JSON 对象（{hint}）")
    if any(mark in text for mark in MARKS for text in (function["name"], function.get("arguments") or "")):
        raise ApiError(
            400, "invalid_tool_arguments", f"第 {i} 条消息的工具调用里夹着 {' 或 '.join(MARKS)}，会被当成换人说话"
        )


def check_tools(tools) -> None:
    """tools 是 {"type": "function", "function": {"name": …}} 的列表。"""
    if tools is None:
        return
    if not isinstance(tools, list):
        raise ApiError(400, "invalid_tools", "tools 应当是列表")
    for i, tool in enumerate(tools):
        function = tool.get("function") if isinstance(tool, dict) else None
        if not isinstance(function, dict) or not isinstance(function.get("name"), str):
            raise ApiError(400, "invalid_tools", f"tools 的第 {i} 个没有 function.name")
        if not isinstance(function.get("parameters") or {}, dict):
            raise ApiError(400, "invalid_tools", f"tools 的第 {i} 个的 parameters 应当是 JSON schema")
