"""错：批是一个一个地跑。"""

from LangChain.exercises.solutions.ex03_runnable import Step as Right
from LangChain.exercises.solutions.ex03_runnable import requests_sent  # noqa: F401

HINT = "没有同时在跑"


class Step(Right):
    def batch(self, values, most=4, keep_errors=False):
        results = []
        for value in values:
            try:
                results.append(self.invoke(value))
            except Exception as error:
                if not keep_errors:
                    raise
                results.append(error)
        return results
