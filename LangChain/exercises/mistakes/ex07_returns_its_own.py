"""错：返回的是存着的那个列表。"""

from LangChain.exercises.solutions.ex07_memory import Threads as Right
from LangChain.exercises.solutions.ex07_memory import compact, total_sent, window  # noqa: F401

HINT = "返回一份复制"


class Threads(Right):
    def load(self, user, thread):
        found = self.messages.get((user, thread), [])
        return found
