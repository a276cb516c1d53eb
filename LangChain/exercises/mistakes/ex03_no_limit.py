"""错：没有管 most。"""

from LangChain.exercises.solutions.ex03_runnable import Step as Right
from LangChain.exercises.solutions.ex03_runnable import requests_sent  # noqa: F401

HINT = "没有上限"


class Step(Right):
    def batch(self, values, most=4, keep_errors=False):
        return super().batch(values, max(1, len(values)), keep_errors)
