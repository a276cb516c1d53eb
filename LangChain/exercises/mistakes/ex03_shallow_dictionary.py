"""错：字典里面的值没有转换。"""

from LangChain.exercises.solutions.ex03_runnable import Step as Right
from LangChain.exercises.solutions.ex03_runnable import requests_sent  # noqa: F401

HINT = "里面的值也要转换"


class Step(Right):
    def __or__(self, other):
        if isinstance(other, dict):
            return type(self)(lambda value: {name: part(self.invoke(value)) for name, part in other.items()})
        return super().__or__(other)
