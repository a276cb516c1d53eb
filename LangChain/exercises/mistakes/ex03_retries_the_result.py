"""错：重试时用上一次的异常当输入。"""

from LangChain.exercises.solutions.ex03_runnable import Step as Right
from LangChain.exercises.solutions.ex03_runnable import requests_sent  # noqa: F401

HINT = "每次都应当用原来的输入"


class Step(Right):
    def with_retry(self, attempts=3, on=(Exception,)):
        def run(value):
            for number in range(1, attempts + 1):
                try:
                    return self.invoke(value)
                except on as error:
                    if number == attempts:
                        raise
                    value = str(error)

        return type(self)(run)
