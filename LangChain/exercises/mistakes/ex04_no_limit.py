"""错：没有管 limit。"""

from LangChain.exercises.solutions.ex04_graph import STOP, first_piece, route, streamed  # noqa: F401
from LangChain.exercises.solutions.ex04_graph import run_graph as right

HINT = "limit=6 没有用上"


def run_graph(nodes, edges, start, state, merge=None, limit=25):
    return right(nodes, edges, start, state, merge, 10**6)
