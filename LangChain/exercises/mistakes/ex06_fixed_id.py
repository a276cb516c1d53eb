"""错：id 写死了。"""

import json

from LangChain.exercises.solutions.ex06_tool_loop import messages_at_the_end, run_agent, tool_message, with_approval  # noqa: F401

HINT = "tool_call_id 应当是"


def run_call(call, tools):
    name = call["function"]["name"]
    if name not in tools:
        return tool_message(call, f"错误：没有工具 {name}，有 {list(tools)}")
    try:
        arguments = json.loads(call["function"]["arguments"])
    except ValueError as error:
        return tool_message(call, f"错误：参数不是 JSON（{error}）")
    if not isinstance(arguments, dict):
        return tool_message(call, "错误：参数要是 JSON 对象")
    try:
        result = tools[name](**arguments)
    except Exception as error:
        return tool_message(call, f"错误：{error}")
    return {**tool_message(call, result if isinstance(result, str) else json.dumps(result)), "tool_call_id": "c1"}
