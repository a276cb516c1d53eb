"""错：forget 删了所有人的。"""

from LangChain.exercises.solutions.ex07_memory import Threads as Right
from LangChain.exercises.solutions.ex07_memory import compact, total_sent, window  # noqa: F401

HINT = "只删这个用户的"


class Threads(Right):
    def forget(self, user):
        count = sum(len(found) for found in self.messages.values())
        self.messages.clear()
        return count
