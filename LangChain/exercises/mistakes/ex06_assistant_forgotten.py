"""错：没有把模型的 assistant 接上。"""

from LangChain.exercises.solutions.ex06_tool_loop import messages_at_the_end, run_call, tool_message, with_approval  # noqa: F401

HINT = "没有模型自己的那条 assistant"


def run_agent(ask, messages, tools, most=5):
    history = list(messages)
    for number in range(1, most + 1):
        reply = ask(history)
        calls = reply.get("tool_calls") or []
        if not calls:
            return [*history, reply]
        for call in calls:
            history.append(tool_message(call, "错误：到了上限") if number == most else run_call(call, tools))
    return history
