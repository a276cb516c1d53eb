"""错：都不成立时没有答。"""

from LangChain.exercises.solutions.ex04_graph import STOP, first_piece, run_graph, streamed  # noqa: F401

HINT = "都不成立用 default"


def route(rules, default):
    def choose(value):
        for matches, handle in rules:
            if matches(value):
                return handle(value)

    return choose
