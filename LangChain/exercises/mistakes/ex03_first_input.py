"""错：字典的每一项收到最初的输入。"""

from LangChain.exercises.solutions.ex03_runnable import Step as Right
from LangChain.exercises.solutions.ex03_runnable import requests_sent  # noqa: F401

HINT = "应当是左边那一步的结果"


class Step(Right):
    def __or__(self, other):
        if isinstance(other, dict):
            return type(self)(lambda value: {name: self.of(part).invoke(value) for name, part in other.items()})
        return super().__or__(other)
