"""错：循环里的函数都用最后一个名字。"""

from LangChain.exercises.solutions.ex06_tool_loop import messages_at_the_end, run_agent, run_call  # noqa: F401

HINT = "循环里定义的函数"


def with_approval(tools, dangerous, confirm):
    safe = {}
    for name, function in tools.items():
        safe[name] = function
        if name in dangerous:
            safe[name] = lambda **arguments: function(**arguments) if confirm(name, arguments) else "错误：用户不同意"
    return safe
