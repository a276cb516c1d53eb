"""错：不同意的时候返回 None。"""

from LangChain.exercises.solutions.ex06_tool_loop import messages_at_the_end, run_agent, run_call  # noqa: F401

HINT = "不同意也要有话"


def with_approval(tools, dangerous, confirm):
    def guarded(name, function):
        return lambda **arguments: function(**arguments) if confirm(name, arguments) else None

    return {name: guarded(name, f) if name in dangerous else f for name, f in tools.items()}
