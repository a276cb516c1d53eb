"""错：就地改传进来的状态。"""

from LangChain.exercises.solutions.ex04_graph import STOP, first_piece, route, streamed  # noqa: F401

HINT = "先复制一份"


def run_graph(nodes, edges, start, state, merge=None, limit=25):
    name, merge = start, merge or {}
    for _ in range(limit):
        for key, value in nodes[name](state).items():
            state[key] = merge[key](state[key], value) if key in merge and key in state else value
        name = edges[name](state) if callable(edges[name]) else edges[name]
        if name == STOP:
            return state
        if name not in nodes:
            raise KeyError(name)
    raise RuntimeError
