"""错：条件边看的是开头的状态。"""

from LangChain.exercises.solutions.ex04_graph import STOP, first_piece, route, streamed  # noqa: F401

HINT = "条件边看的是改过的状态"


def run_graph(nodes, edges, start, state, merge=None, limit=25):
    name, state = start, dict(state)
    before = {"good": True, **state}
    for _ in range(limit):
        state.update(nodes[name](state))
        name = edges[name](before) if callable(edges[name]) else edges[name]
        if name == STOP:
            return state
        if name not in nodes:
            raise KeyError(name)
    raise RuntimeError
