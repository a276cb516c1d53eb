"""错：是列表就接起来，不看 merge。"""

from LangChain.exercises.solutions.ex04_graph import STOP, first_piece, route, streamed  # noqa: F401
from LangChain.exercises.solutions.ex04_graph import run_graph as right

HINT = "没有给 merge，全部覆盖"


def run_graph(nodes, edges, start, state, merge=None, limit=25):
    lists = [key for key, value in state.items() if isinstance(value, list)]
    return right(nodes, edges, start, state, merge or {key: lambda old, new: old + new for key in lists}, limit)
