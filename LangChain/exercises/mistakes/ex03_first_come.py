"""错：谁先完成谁在前。"""

from concurrent.futures import ThreadPoolExecutor, as_completed

from LangChain.exercises.solutions.ex03_runnable import Step as Right
from LangChain.exercises.solutions.ex03_runnable import requests_sent  # noqa: F401

HINT = "先完成的不能排在前面"


class Step(Right):
    def batch(self, values, most=4, keep_errors=False):
        with ThreadPoolExecutor(most) as pool:
            return [task.result() for task in as_completed([pool.submit(self.invoke, value) for value in values])]
