"""错：接的次序反了。"""

from LangChain.exercises.solutions.ex03_runnable import Step as Right
from LangChain.exercises.solutions.ex03_runnable import requests_sent  # noqa: F401

HINT = "a | b 是先 a"


class Step(Right):
    def __or__(self, other):
        before = self.of(other)
        return type(self)(lambda value: self.invoke(before.invoke(value)))
