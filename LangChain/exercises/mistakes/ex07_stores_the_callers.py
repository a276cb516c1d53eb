"""错：存的是调用者的那个列表。"""

import copy

from LangChain.exercises.solutions.ex07_memory import Threads as Right
from LangChain.exercises.solutions.ex07_memory import compact, total_sent, window  # noqa: F401

HINT = "存一份复制"


class Threads(Right):
    def append(self, user, thread, messages):
        if (user, thread) in self.messages:
            messages = self.messages[user, thread] + copy.deepcopy(messages)
        self.messages[user, thread] = messages
