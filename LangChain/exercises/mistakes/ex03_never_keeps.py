"""错：没有管 keep_errors。"""

from LangChain.exercises.solutions.ex03_runnable import Step as Right
from LangChain.exercises.solutions.ex03_runnable import requests_sent  # noqa: F401

HINT = "不能跟着没了"


class Step(Right):
    def batch(self, values, most=4, keep_errors=False):
        return super().batch(values, most)
