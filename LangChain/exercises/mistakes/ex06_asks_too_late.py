"""错：执行了才问。"""

from LangChain.exercises.solutions.ex06_tool_loop import messages_at_the_end, run_agent, run_call  # noqa: F401

HINT = "先问，再执行"


def with_approval(tools, dangerous, confirm):
    def guarded(name, function):
        def run(**arguments):
            result = function(**arguments)
            return result if confirm(name, arguments) else "错误：用户不同意"

        return run

    return {name: guarded(name, f) if name in dangerous else f for name, f in tools.items()}
