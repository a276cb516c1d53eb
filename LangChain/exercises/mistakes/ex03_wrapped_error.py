"""错：抛了新的异常。"""

from LangChain.exercises.solutions.ex03_runnable import Step as Right
from LangChain.exercises.solutions.ex03_runnable import requests_sent  # noqa: F401

HINT = "最后一次的异常本身"


class Step(Right):
    def with_retry(self, attempts=3, on=(Exception,)):
        inner = super().with_retry(attempts, on)

        def run(value):
            try:
                return inner.invoke(value)
            except on as error:
                raise RuntimeError("都坏了") from error

        return type(self)(run)
