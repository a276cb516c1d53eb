"""错：先把片都读完，再给迭代器。"""

from LangChain.exercises.solutions.ex04_graph import STOP, first_piece, route, run_graph  # noqa: F401

HINT = "要有人取才往前走"


def streamed(pieces, steps):
    pieces = list(pieces)
    for kind, function in steps:
        pieces = [function(piece) for piece in pieces] if kind == "flow" else [function("".join(pieces))]
    return iter(pieces)
