"""错：正好走满也报错。"""

from LangChain.exercises.solutions.ex04_graph import STOP, first_piece, route, streamed  # noqa: F401

HINT = "不该报错"


def run_graph(nodes, edges, start, state, merge=None, limit=25):
    name, state, merge, walked = start, dict(state), merge or {}, 0
    while name != STOP:
        if name not in nodes:
            raise KeyError(name)
        for key, value in nodes[name](state).items():
            state[key] = merge[key](state[key], value) if key in merge and key in state else value
        name = edges[name](state) if callable(edges[name]) else edges[name]
        walked += 1
        if walked == limit:
            raise RuntimeError
    return state
