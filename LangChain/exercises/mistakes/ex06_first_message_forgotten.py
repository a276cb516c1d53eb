"""错：没有数开头的 user。"""

from LangChain.exercises.solutions.ex06_tool_loop import run_agent, run_call, with_approval  # noqa: F401

HINT = "开头那条 user 也算"


def messages_at_the_end(calls):
    return len(calls) + sum(calls)
