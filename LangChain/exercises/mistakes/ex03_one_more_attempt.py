"""错：attempts 当成重试几次。"""

from LangChain.exercises.solutions.ex03_runnable import Step as Right
from LangChain.exercises.solutions.ex03_runnable import requests_sent  # noqa: F401

HINT = "attempts 是总次数"


class Step(Right):
    def with_retry(self, attempts=3, on=(Exception,)):
        return super().with_retry(attempts + 1, on)
