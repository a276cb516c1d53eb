"""错：forget 返回会话的个数。"""

from LangChain.exercises.solutions.ex07_memory import Threads as Right
from LangChain.exercises.solutions.ex07_memory import compact, total_sent, window  # noqa: F401

HINT = "数的是消息，不是会话"


class Threads(Right):
    def forget(self, user):
        mine = [key for key in self.messages if key[0] == user]
        return len([self.messages.pop(key) for key in mine])
