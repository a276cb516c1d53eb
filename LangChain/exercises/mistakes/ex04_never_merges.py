"""错：没有管 merge。"""

from LangChain.exercises.solutions.ex04_graph import STOP, first_piece, route, streamed  # noqa: F401
from LangChain.exercises.solutions.ex04_graph import run_graph as right

HINT = "log 被覆盖了"


def run_graph(nodes, edges, start, state, merge=None, limit=25):
    return right(nodes, edges, start, state, None, limit)
