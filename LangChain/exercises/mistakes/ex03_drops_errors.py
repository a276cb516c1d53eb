"""错：坏的不占位置。"""

from LangChain.exercises.solutions.ex03_runnable import Step as Right
from LangChain.exercises.solutions.ex03_runnable import requests_sent  # noqa: F401

HINT = "坏的也要占住它的位置"


class Step(Right):
    def batch(self, values, most=4, keep_errors=False):
        found = super().batch(values, most, keep_errors)
        return [item for item in found if not (keep_errors and isinstance(item, Exception))]
