"""错：没有上限。"""

from LangChain.exercises.solutions.ex06_tool_loop import messages_at_the_end, run_call, tool_message, with_approval  # noqa: F401

HINT = "循环就不停"


def run_agent(ask, messages, tools, most=5):
    history = list(messages)
    while True:
        reply = ask(history)
        history.append(reply)
        if not reply.get("tool_calls"):
            return history
        history += [run_call(call, tools) for call in reply["tool_calls"]]
