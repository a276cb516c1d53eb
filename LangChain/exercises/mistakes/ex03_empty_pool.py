"""错：线程数取输入的个数。"""

from concurrent.futures import ThreadPoolExecutor

from LangChain.exercises.solutions.ex03_runnable import Step as Right
from LangChain.exercises.solutions.ex03_runnable import requests_sent  # noqa: F401

HINT = "线程池至少要一个线程"


class Step(Right):
    def batch(self, values, most=4, keep_errors=False):
        with ThreadPoolExecutor(min(most, len(values))) as pool:
            return list(pool.map(self.invoke, values))
