"""错：包装的时候就问了。"""

from LangChain.exercises.solutions.ex06_tool_loop import messages_at_the_end, run_agent, run_call  # noqa: F401

HINT = "执行的时候才问"


def with_approval(tools, dangerous, confirm):
    return {
        n: f if n not in dangerous or confirm(n, {}) else (lambda **_: "错误：用户不同意") for n, f in tools.items()
    }
