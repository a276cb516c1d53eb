"""错：把返回的异常对象也抛了。"""

from LangChain.exercises.solutions.ex03_runnable import Step as Right
from LangChain.exercises.solutions.ex03_runnable import requests_sent  # noqa: F401

HINT = "它就是结果，不要抛"


class Step(Right):
    def batch(self, values, most=4, keep_errors=False):
        found = super().batch(values, most, keep_errors=True)
        bad = [item for item in found if isinstance(item, Exception)]
        if bad and not keep_errors:
            raise bad[0]
        return found
