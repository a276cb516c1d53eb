"""错：抛了第一次的异常。"""

from LangChain.exercises.solutions.ex03_runnable import Step as Right
from LangChain.exercises.solutions.ex03_runnable import requests_sent  # noqa: F401

HINT = "应当抛最后一次的"


class Step(Right):
    def with_retry(self, attempts=3, on=(Exception,)):
        def run(value):
            errors = []
            for _ in range(attempts):
                try:
                    return self.invoke(value)
                except on as error:
                    errors.append(error)
            raise errors[0]

        return type(self)(run)
