"""错：改了原来的一步。"""

from LangChain.exercises.solutions.ex03_runnable import Step as Right
from LangChain.exercises.solutions.ex03_runnable import requests_sent  # noqa: F401

HINT = "原来的一步也会重试了"


class Step(Right):
    def with_retry(self, attempts=3, on=(Exception,)):
        before = type(self)(self.function)
        self.function = Right.with_retry(before, attempts, on).invoke
        return self
