"""错：到了上限，调用没有回答就返回。"""

from LangChain.exercises.solutions.ex06_tool_loop import messages_at_the_end, run_call, tool_message, with_approval  # noqa: F401

HINT = "各答一句"


def run_agent(ask, messages, tools, most=5):
    history = list(messages)
    for number in range(1, most + 1):
        reply = ask(history)
        history.append(reply)
        if not reply.get("tool_calls") or number == most:
            break
        history += [run_call(call, tools) for call in reply["tool_calls"]]
    return history
