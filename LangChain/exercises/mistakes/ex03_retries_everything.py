"""错：没有管 on。"""

from LangChain.exercises.solutions.ex03_runnable import Step as Right
from LangChain.exercises.solutions.ex03_runnable import requests_sent  # noqa: F401

HINT = "自己的错再试也一样"


class Step(Right):
    def with_retry(self, attempts=3, on=(Exception,)):
        return super().with_retry(attempts)
