"""错：接的时候改了自己。"""

from LangChain.exercises.solutions.ex03_runnable import Step as Right
from LangChain.exercises.solutions.ex03_runnable import requests_sent  # noqa: F401

HINT = "别改 self"


class Step(Right):
    def __or__(self, other):
        before, after = self.function, self.of(other)
        self.function = lambda value: after.invoke(before(value))
        return self
