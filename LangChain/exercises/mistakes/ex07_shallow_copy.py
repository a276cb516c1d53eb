"""错：只复制了列表，没有复制消息。"""

import copy

from LangChain.exercises.solutions.ex07_memory import Threads as Right
from LangChain.exercises.solutions.ex07_memory import compact, total_sent, window  # noqa: F401

HINT = "要连它们一起复制（copy.deepcopy）"


class Threads(Right):
    def load(self, user, thread):
        return copy.copy(self.messages.get((user, thread), []))
