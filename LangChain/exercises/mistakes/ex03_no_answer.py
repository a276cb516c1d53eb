"""错：全坏时返回 None。"""

from LangChain.exercises.solutions.ex03_runnable import Step as Right
from LangChain.exercises.solutions.ex03_runnable import requests_sent  # noqa: F401

HINT = "全都坏了，返回了 None"


class Step(Right):
    def with_fallbacks(self, spares, on=(Exception,)):
        right = super().with_fallbacks(spares, on)

        def run(value):
            try:
                return right.invoke(value)
            except on:
                return None

        return type(self)(run)
