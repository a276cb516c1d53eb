"""错：没有数模型的回答。"""

from LangChain.exercises.solutions.ex06_tool_loop import run_agent, run_call, with_approval  # noqa: F401

HINT = "自己也是一条 assistant"


def messages_at_the_end(calls):
    return 1 + sum(calls)
