"""错：右边是 Step 时当函数调用。"""

from LangChain.exercises.solutions.ex03_runnable import Step as Right
from LangChain.exercises.solutions.ex03_runnable import requests_sent  # noqa: F401

HINT = "右边也可以是 Step"


class Step(Right):
    def __or__(self, other):
        if isinstance(other, Right):
            return type(self)(lambda value: self.invoke(value))
        return super().__or__(other)
