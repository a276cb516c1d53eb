"""错：只问一次。"""

from LangChain.exercises.solutions.ex06_tool_loop import messages_at_the_end, run_call, tool_message, with_approval  # noqa: F401

HINT = "工具执行完要再问一次"


def run_agent(ask, messages, tools, most=5):
    history = list(messages)
    reply = ask(history)
    history.append(reply)
    for call in reply.get("tool_calls") or []:
        history.append(run_call(call, tools))
    return history
