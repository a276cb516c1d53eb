"""错：里面的函数没有返回。"""

from LangChain.exercises.solutions.ex03_runnable import Step as Right
from LangChain.exercises.solutions.ex03_runnable import requests_sent  # noqa: F401

HINT = "里面的函数少了 return"


class Step(Right):
    def __or__(self, other):
        after = self.of(other)

        def run(value):
            after.invoke(self.invoke(value))

        return type(self)(run)
