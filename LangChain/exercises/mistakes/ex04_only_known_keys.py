"""错：状态里没有的键不放进去。"""

from LangChain.exercises.solutions.ex04_graph import STOP, first_piece, route, streamed  # noqa: F401

HINT = "原来没有的键也放得进去"


def run_graph(nodes, edges, start, state, merge=None, limit=25):
    name, known, state = start, set(state), dict(state)
    for _ in range(limit):
        state.update(nodes[name](state))
        name = edges[name](state) if callable(edges[name]) else edges[name]
        if name == STOP:
            return {key: value for key, value in state.items() if key in known}
        if name not in nodes:
            raise KeyError(name)
    raise RuntimeError
