"""错：gather 每片用一次函数。"""

from LangChain.exercises.solutions.ex04_graph import STOP, first_piece, flow, route, run_graph  # noqa: F401

HINT = "要接成一段再用一次"


def streamed(pieces, steps):
    for _, function in steps:
        pieces = flow(pieces, function)
    return iter(pieces)
