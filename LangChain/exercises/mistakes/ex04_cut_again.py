"""错：以为 flow 会把一整段再切开。"""

from LangChain.exercises.solutions.ex04_graph import STOP, route, run_graph, streamed  # noqa: F401

HINT = "不会再把它切开"


def first_piece(steps, pieces):
    if "gather" not in steps:
        return pieces, 1
    return (1 if steps[-1] == "gather" else pieces), pieces
