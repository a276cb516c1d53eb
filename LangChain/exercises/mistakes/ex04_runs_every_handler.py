"""错：每一条都跑，再选。"""

from LangChain.exercises.solutions.ex04_graph import STOP, first_piece, run_graph, streamed  # noqa: F401

HINT = "每一条都是一次模型的请求"


def route(rules, default):
    def choose(value):
        answers = [(matches(value), handle(value)) for matches, handle in rules]
        return next((answer for good, answer in answers if good), None) or default(value)

    return choose
