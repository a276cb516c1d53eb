"""错：合并时没有旧的值。"""

from LangChain.exercises.solutions.ex04_graph import STOP, first_piece, route, streamed  # noqa: F401

HINT = "没有旧的可以合并"


def run_graph(nodes, edges, start, state, merge=None, limit=25):
    name, state, merge = start, dict(state), merge or {}
    for _ in range(limit):
        for key, value in nodes[name](state).items():
            state[key] = merge[key](state[key], value) if key in merge else value
        name = edges[name](state) if callable(edges[name]) else edges[name]
        if name == STOP:
            return state
        if name not in nodes:
            raise KeyError(name)
    raise RuntimeError
