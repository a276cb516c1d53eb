"""错：备用的从后往前试。"""

from LangChain.exercises.solutions.ex03_runnable import Step as Right
from LangChain.exercises.solutions.ex03_runnable import requests_sent  # noqa: F401

HINT = "收到一次原来的输入"


class Step(Right):
    def with_fallbacks(self, spares, on=(Exception,)):
        return super().with_fallbacks(spares[::-1], on)
