"""错：改了传进来的字典。"""

from LangChain.exercises.solutions.ex06_tool_loop import messages_at_the_end, run_agent, run_call  # noqa: F401

HINT = "传进来的字典被改了"


def with_approval(tools, dangerous, confirm):
    def guarded(name, function):
        return lambda **arguments: function(**arguments) if confirm(name, arguments) else "错误：用户不同意"

    for name in dangerous:
        tools[name] = guarded(name, tools[name])
    return tools
