"""错：字典写在类上。"""

from LangChain.exercises.solutions.ex07_memory import Threads as Right
from LangChain.exercises.solutions.ex07_memory import compact, total_sent, window  # noqa: F401

HINT = "字典要在 __init__ 里建"


class Threads(Right):
    messages = {}

    def __init__(self):
        pass
