"""错：返回了缓存里的那个列表。"""

from LangChain.exercises.solutions.ex10_embedding import Cache as Right
from LangChain.exercises.solutions.ex10_embedding import cosine, l2_from_cosine, nearest  # noqa: F401

HINT = "给一份拷贝"


class Cache(Right):
    def lookup(self, texts):
        super().lookup(texts)
        return [self.known[text] for text in texts]
