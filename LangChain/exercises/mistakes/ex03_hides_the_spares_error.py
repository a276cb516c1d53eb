"""错：备用的抛什么都接。"""

from LangChain.exercises.solutions.ex03_runnable import Step as Right
from LangChain.exercises.solutions.ex03_runnable import requests_sent  # noqa: F401

HINT = "备用的抛了 on 之外的异常"


class Step(Right):
    def with_fallbacks(self, spares, on=(Exception,)):
        def run(value):
            try:
                return self.invoke(value)
            except on as error:
                first = error
            for spare in spares:
                try:
                    return self.of(spare).invoke(value)
                except Exception:
                    continue
            raise first

        return type(self)(run)
