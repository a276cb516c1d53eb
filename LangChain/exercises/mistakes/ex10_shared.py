"""错：缓存是类的属性。"""

from LangChain.exercises.solutions.ex10_embedding import Cache as Right
from LangChain.exercises.solutions.ex10_embedding import cosine, l2_from_cosine, nearest  # noqa: F401

HINT = "缓存写成了类的属性"


class Cache(Right):
    everyone = {}

    def __init__(self, embed, query_prefix, passage_prefix):
        super().__init__(embed, query_prefix, passage_prefix)
        self.known = self.everyone
