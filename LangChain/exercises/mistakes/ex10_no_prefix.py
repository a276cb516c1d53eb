"""错：查询没有前缀。"""

from LangChain.exercises.solutions.ex10_embedding import Cache as Right
from LangChain.exercises.solutions.ex10_embedding import cosine, l2_from_cosine, nearest  # noqa: F401

HINT = "查询前面没有加前缀"


class Cache(Right):
    def query(self, text):
        return self.lookup([text])[0]
