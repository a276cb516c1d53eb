"""ex04 的答案。"""

STOP = "stop"


def first_piece(steps, pieces):
    return (1, pieces) if "gather" in steps else (pieces, 1)


def flow(pieces, function):
    for piece in pieces:
        yield function(piece)


def gather(pieces, function):
    yield function("".join(pieces))


def streamed(pieces, steps):
    for kind, function in steps:
        pieces = flow(pieces, function) if kind == "flow" else gather(pieces, function)
    return iter(pieces)


def route(rules, default):
    def choose(value):
        return next((handle for matches, handle in rules if matches(value)), default)(value)

    return choose


def run_graph(nodes, edges, start, state, merge=None, limit=25):
    name, state, merge = start, dict(state), merge or {}
    for _ in range(limit):
        for key, value in nodes[name](state).items():
            state[key] = merge[key](state[key], value) if key in merge and key in state else value
        edge = edges[name]
        name = edge(state) if callable(edge) else edge
        if name == STOP:
            return state
        if name not in nodes:
            raise KeyError(name)
    raise RuntimeError(f"走了 {limit} 个节点还没有停")
