"""错：循环里的生成器表达式。"""

from LangChain.exercises.solutions.ex04_graph import STOP, first_piece, gather, route, run_graph  # noqa: F401

HINT = "记住的是变量，不是当时的函数"


def streamed(pieces, steps):
    for kind, function in steps:
        pieces = (function(piece) for piece in pieces) if kind == "flow" else gather(pieces, function)
    return iter(pieces)
