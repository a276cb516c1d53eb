"""错：两个名字拼成一个字符串。"""

from LangChain.exercises.solutions.ex07_memory import Threads as Right
from LangChain.exercises.solutions.ex07_memory import compact, total_sent, window  # noqa: F401

HINT = "别把两个名字拼成一个字符串"


class Threads(Right):
    def append(self, user, thread, messages):
        super().append("", f"{user}:{thread}", messages)

    def load(self, user, thread):
        return super().load("", f"{user}:{thread}")
