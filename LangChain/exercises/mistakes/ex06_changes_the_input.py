"""错：改动了传进来的列表。"""

from LangChain.exercises.solutions.ex06_tool_loop import messages_at_the_end, run_call, tool_message, with_approval  # noqa: F401

HINT = "改动了传进来的列表"


def run_agent(ask, messages, tools, most=5):
    for number in range(1, most + 1):
        reply = ask(messages)
        messages.append(reply)
        for call in reply.get("tool_calls") or []:
            messages.append(tool_message(call, "错误：到了上限") if number == most else run_call(call, tools))
        if not reply.get("tool_calls"):
            break
    return messages
