"""错：接什么都行，跑的时候才错。"""

from LangChain.exercises.solutions.ex03_runnable import Step as Right
from LangChain.exercises.solutions.ex03_runnable import requests_sent  # noqa: F401

HINT = "错要在接的时候说"


class Step(Right):
    def __or__(self, other):
        return type(self)(lambda value: self.of(other).invoke(self.invoke(value)))
