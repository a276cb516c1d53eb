"""错：不认识的名字当作停。"""

from LangChain.exercises.solutions.ex04_graph import STOP, first_piece, route, streamed  # noqa: F401

HINT = "不能当作 STOP"


def run_graph(nodes, edges, start, state, merge=None, limit=25):
    name, state, merge = start, dict(state), merge or {}
    for _ in range(limit):
        for key, value in nodes[name](state).items():
            state[key] = merge[key](state[key], value) if key in merge and key in state else value
        name = edges[name](state) if callable(edges[name]) else edges[name]
        if name not in nodes:
            return state
    raise RuntimeError
