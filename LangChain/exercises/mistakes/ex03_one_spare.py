"""错：只试第一个备用的。"""

from LangChain.exercises.solutions.ex03_runnable import Step as Right
from LangChain.exercises.solutions.ex03_runnable import requests_sent  # noqa: F401

HINT = "应当由第二个答"


class Step(Right):
    def with_fallbacks(self, spares, on=(Exception,)):
        return super().with_fallbacks(spares[:1], on)
