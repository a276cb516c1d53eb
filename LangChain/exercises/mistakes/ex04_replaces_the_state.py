"""错：节点返回的当成整个状态。"""

from LangChain.exercises.solutions.ex04_graph import STOP, first_piece, route, streamed  # noqa: F401

HINT = "没有被改的键也要留着"


def run_graph(nodes, edges, start, state, merge=None, limit=25):
    full, name = dict(state), start
    for _ in range(limit):
        state = nodes[name](full)
        full = {**full, **state}
        name = edges[name](full) if callable(edges[name]) else edges[name]
        if name == STOP:
            return state
        if name not in nodes:
            raise KeyError(name)
    raise RuntimeError
