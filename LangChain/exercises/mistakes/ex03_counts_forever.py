"""错：次数在 with_retry 里数，不在 invoke 里。"""

from LangChain.exercises.solutions.ex03_runnable import Step as Right
from LangChain.exercises.solutions.ex03_runnable import requests_sent  # noqa: F401

HINT = "每次 invoke 里从头数"


class Step(Right):
    def with_retry(self, attempts=3, on=(Exception,)):
        left = [attempts]

        def run(value):
            while True:
                left[0] -= 1
                try:
                    return self.invoke(value)
                except on:
                    if left[0] <= 0:
                        raise

        return type(self)(run)
