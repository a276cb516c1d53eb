"""错：节点看到的总是开头的状态。"""

from LangChain.exercises.solutions.ex04_graph import STOP, first_piece, route, streamed  # noqa: F401

HINT = "b 应当看到"


def run_graph(nodes, edges, start, state, merge=None, limit=25):
    first, name, state, merge = dict(state), start, dict(state), merge or {}
    for _ in range(limit):
        seen = first if "x" in first else state
        for key, value in nodes[name](seen).items():
            state[key] = merge[key](state[key], value) if key in merge and key in state else value
        name = edges[name](state) if callable(edges[name]) else edges[name]
        if name == STOP:
            return state
        if name not in nodes:
            raise KeyError(name)
    raise RuntimeError
