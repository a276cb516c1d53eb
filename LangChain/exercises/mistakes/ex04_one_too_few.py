"""错：少走一个节点。"""

from LangChain.exercises.solutions.ex04_graph import STOP, first_piece, route, streamed  # noqa: F401
from LangChain.exercises.solutions.ex04_graph import run_graph as right

HINT = "应当走 6 个节点"


def run_graph(nodes, edges, start, state, merge=None, limit=25):
    return right(nodes, edges, start, state, merge, limit - 1)
