"""错：从右往左接。"""

from LangChain.exercises.solutions.ex04_graph import STOP, first_piece, flow, gather, route, run_graph  # noqa: F401

HINT = "从左到右"


def streamed(pieces, steps):
    for kind, function in reversed(steps):
        pieces = flow(pieces, function) if kind == "flow" else gather(pieces, function)
    return iter(pieces)
