"""错：总从第一个节点开始。"""

from LangChain.exercises.solutions.ex04_graph import STOP, first_piece, route, streamed  # noqa: F401
from LangChain.exercises.solutions.ex04_graph import run_graph as right

HINT = "从 start 开始"


def run_graph(nodes, edges, start, state, merge=None, limit=25):
    return right(nodes, edges, next(iter(nodes)), state, merge, limit)
