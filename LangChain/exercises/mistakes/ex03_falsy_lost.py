"""错：把 0 当成没有结果。"""

from LangChain.exercises.solutions.ex03_runnable import Step as Right
from LangChain.exercises.solutions.ex03_runnable import requests_sent  # noqa: F401

HINT = "结果是 0 也是结果"


class Step(Right):
    def batch(self, values, most=4, keep_errors=False):
        found = super().batch(values, most, keep_errors)
        return [item or None for item in found] if keep_errors else found
