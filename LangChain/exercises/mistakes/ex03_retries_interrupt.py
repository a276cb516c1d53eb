"""错：except 后面什么也没有写。"""

from LangChain.exercises.solutions.ex03_runnable import Step as Right
from LangChain.exercises.solutions.ex03_runnable import requests_sent  # noqa: F401

HINT = "别用 except: 接住一切"


class Step(Right):
    def with_retry(self, attempts=3, on=(Exception,)):
        return super().with_retry(attempts, (BaseException,) if on == (Exception,) else on)
