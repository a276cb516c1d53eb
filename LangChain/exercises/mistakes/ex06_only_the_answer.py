"""错：返回的只有最后的回答。"""

from LangChain.exercises.solutions.ex06_tool_loop import messages_at_the_end, run_call, tool_message, with_approval  # noqa: F401

HINT = "最后的历史应当是"


def run_agent(ask, messages, tools, most=5):
    history = list(messages)
    for number in range(1, most + 1):
        reply = ask(history)
        history.append(reply)
        for call in reply.get("tool_calls") or []:
            history.append(tool_message(call, "错误：到了上限") if number == most else run_call(call, tools))
        if not reply.get("tool_calls"):
            break
    return history[-1:]
