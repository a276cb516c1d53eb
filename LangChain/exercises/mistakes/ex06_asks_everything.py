"""错：每个工具都问。"""

from LangChain.exercises.solutions.ex06_tool_loop import messages_at_the_end, run_agent, run_call  # noqa: F401

HINT = "不必问"


def with_approval(tools, dangerous, confirm):
    def guarded(name, function):
        return lambda **arguments: function(**arguments) if confirm(name, arguments) else "错误：用户不同意"

    return {name: guarded(name, f) for name, f in tools.items()}
