"""错：forget 只删第一个会话。"""

from LangChain.exercises.solutions.ex07_memory import Threads as Right
from LangChain.exercises.solutions.ex07_memory import compact, total_sent, window  # noqa: F401

HINT = "他的每个会话都要删"


class Threads(Right):
    def forget(self, user):
        mine = [key for key in self.messages if key[0] == user]
        return len(self.messages.pop(mine[0])) if mine else 0
