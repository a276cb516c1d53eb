"""错：线程数写死成 2。"""

from LangChain.exercises.solutions.ex03_runnable import Step as Right
from LangChain.exercises.solutions.ex03_runnable import requests_sent  # noqa: F401

HINT = "可以到 3 个"


class Step(Right):
    def batch(self, values, most=4, keep_errors=False):
        return super().batch(values, min(most, 2), keep_errors)
