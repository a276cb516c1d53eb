"""错：回退接住一切异常。"""

from LangChain.exercises.solutions.ex03_runnable import Step as Right
from LangChain.exercises.solutions.ex03_runnable import requests_sent  # noqa: F401

HINT = "自己的错就永远看不见"


class Step(Right):
    def with_fallbacks(self, spares, on=(Exception,)):
        return super().with_fallbacks(spares)
