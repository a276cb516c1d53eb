"""错：只返回危险的工具。"""

from LangChain.exercises.solutions.ex06_tool_loop import messages_at_the_end, run_agent, run_call  # noqa: F401

HINT = "每个工具都要在"


def with_approval(tools, dangerous, confirm):
    def guarded(name, function):
        return lambda **arguments: function(**arguments) if confirm(name, arguments) else "错误：用户不同意"

    return {name: guarded(name, tools[name]) for name in dangerous}
