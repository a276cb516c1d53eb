"""错：gather 总放到最后。"""

from LangChain.exercises.solutions.ex04_graph import STOP, first_piece, flow, gather, route, run_graph  # noqa: F401

HINT = "照 steps 的次序接"


def streamed(pieces, steps):
    for kind, function in sorted(steps, key=lambda step: step[0]):
        pieces = flow(pieces, function) if kind == "flow" else gather((p + "" for p in pieces), function)
    return iter(pieces)
