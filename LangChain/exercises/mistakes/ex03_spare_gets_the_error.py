"""错：备用的收到异常。"""

from LangChain.exercises.solutions.ex03_runnable import Step as Right
from LangChain.exercises.solutions.ex03_runnable import requests_sent  # noqa: F401

HINT = "不是异常"


class Step(Right):
    def with_fallbacks(self, spares, on=(Exception,)):
        steps = [self.of(spare) for spare in spares]

        def run(value):
            try:
                return self.invoke(value)
            except on as error:
                first = error
            for step in steps:
                try:
                    return step.invoke(first)
                except on:
                    continue
            raise first

        return type(self)(run)
