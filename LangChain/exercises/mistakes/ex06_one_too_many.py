"""错：多问了一次。"""

from LangChain.exercises.solutions.ex06_tool_loop import messages_at_the_end, run_call, tool_message, with_approval  # noqa: F401

HINT = "问了 4 次"


def run_agent(ask, messages, tools, most=5):
    history = list(messages)
    for number in range(most + 1):
        reply = ask(history)
        history.append(reply)
        if not reply.get("tool_calls"):
            break
        for call in reply["tool_calls"]:
            history.append(tool_message(call, "错误：到了上限") if number == most else run_call(call, tools))
    return history
