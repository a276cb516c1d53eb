"""错：最后一次要的调用也执行了。"""

from LangChain.exercises.solutions.ex06_tool_loop import messages_at_the_end, run_call, tool_message, with_approval  # noqa: F401

HINT = "没有人看结果了"


def run_agent(ask, messages, tools, most=5):
    history = list(messages)
    for _ in range(most):
        reply = ask(history)
        history.append(reply)
        if not reply.get("tool_calls"):
            break
        history += [run_call(call, tools) for call in reply["tool_calls"]]
    return history
