"""错：只答第一个调用。"""

from LangChain.exercises.solutions.ex06_tool_loop import messages_at_the_end, run_call, tool_message, with_approval  # noqa: F401

HINT = "只答第一个"


def run_agent(ask, messages, tools, most=5):
    history = list(messages)
    for number in range(1, most + 1):
        reply = ask(history)
        history.append(reply)
        calls = reply.get("tool_calls") or []
        if not calls:
            break
        refused = tool_message(calls[0], "错误：到了上限")
        history.append(refused if number == most else run_call(calls[0], tools))
    return history
