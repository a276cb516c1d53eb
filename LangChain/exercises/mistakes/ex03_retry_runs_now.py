"""错：当场就跑了。"""

from LangChain.exercises.solutions.ex03_runnable import Step as Right
from LangChain.exercises.solutions.ex03_runnable import requests_sent  # noqa: F401

HINT = "不能现在就跑"


class Step(Right):
    def with_retry(self, attempts=3, on=(Exception,)):
        for number in range(1, attempts + 1):
            try:
                return self.function("问")
            except on:
                if number == attempts:
                    return "坏"
