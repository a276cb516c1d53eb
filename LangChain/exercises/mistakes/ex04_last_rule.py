"""错：用最后一条成立的。"""

from LangChain.exercises.solutions.ex04_graph import STOP, first_piece, run_graph, streamed  # noqa: F401

HINT = "用最前面的"


def route(rules, default):
    def choose(value):
        chosen = default
        for matches, handle in rules:
            if matches(value):
                chosen = handle
        return chosen(value)

    return choose
