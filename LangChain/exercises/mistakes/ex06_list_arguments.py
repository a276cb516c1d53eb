"""错：没有查参数是不是对象，列表就按位置传。"""

import json

from LangChain.exercises.solutions.ex06_tool_loop import messages_at_the_end, run_agent, tool_message, with_approval  # noqa: F401

HINT = "却不是对象"


def run_call(call, tools):
    name = call["function"]["name"]
    if name not in tools:
        return tool_message(call, f"错误：没有工具 {name}，有 {list(tools)}")
    try:
        arguments = json.loads(call["function"]["arguments"])
        result = tools[name](*arguments) if isinstance(arguments, list) else tools[name](**arguments)
    except Exception as error:
        return tool_message(call, f"错误：{error}")
    return tool_message(call, result if isinstance(result, str) else json.dumps(result, ensure_ascii=False))
