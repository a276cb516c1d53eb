"""错：合并的两个参数反了。"""

from LangChain.exercises.solutions.ex04_graph import STOP, first_piece, route, streamed  # noqa: F401
from LangChain.exercises.solutions.ex04_graph import run_graph as right

HINT = "第一个参数是旧的"


def run_graph(nodes, edges, start, state, merge=None, limit=25):
    swapped = {key: lambda old, new, join=join: join(new, old) for key, join in (merge or {}).items()}
    return right(nodes, edges, start, state, swapped, limit)
