"""错：当场就选了。"""

from LangChain.exercises.solutions.ex04_graph import STOP, first_piece, run_graph, streamed  # noqa: F401

HINT = "不能现在就选"


def route(rules, default):
    return default("")
