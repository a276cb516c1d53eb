"""错：留下的是异常的文字。"""

from LangChain.exercises.solutions.ex03_runnable import Step as Right
from LangChain.exercises.solutions.ex03_runnable import requests_sent  # noqa: F401

HINT = "应当是异常对象本身"


class Step(Right):
    def batch(self, values, most=4, keep_errors=False):
        found = super().batch(values, most, keep_errors)
        return [str(item) if keep_errors and isinstance(item, Exception) else item for item in found]
