"""错：都坏了返回 None。"""

from LangChain.exercises.solutions.ex03_runnable import Step as Right
from LangChain.exercises.solutions.ex03_runnable import requests_sent  # noqa: F401

HINT = "都坏了要抛异常"


class Step(Right):
    def with_retry(self, attempts=3, on=(Exception,)):
        def run(value):
            for _ in range(attempts):
                try:
                    return self.invoke(value)
                except on:
                    pass

        return type(self)(run)
