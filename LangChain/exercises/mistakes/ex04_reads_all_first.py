"""错：有人取第一片的时候，把片都读完。"""

from LangChain.exercises.solutions.ex04_graph import STOP, first_piece, route, run_graph  # noqa: F401

HINT = "不要多读"


def streamed(pieces, steps):
    pieces = list(pieces)
    for kind, function in steps:
        pieces = [function(piece) for piece in pieces] if kind == "flow" else [function("".join(pieces))]
    yield from pieces
