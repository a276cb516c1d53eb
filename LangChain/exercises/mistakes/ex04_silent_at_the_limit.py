"""错：到了上限悄悄返回。"""

from LangChain.exercises.solutions.ex04_graph import STOP, first_piece, route, streamed  # noqa: F401
from LangChain.exercises.solutions.ex04_graph import run_graph as right

HINT = "悄悄地返回了"


def run_graph(nodes, edges, start, state, merge=None, limit=25):
    try:
        return right(nodes, edges, start, state, merge, limit)
    except RuntimeError:
        return state
