"""错：没有缺的也发请求。"""

from LangChain.exercises.solutions.ex10_embedding import Cache as Right
from LangChain.exercises.solutions.ex10_embedding import cosine, l2_from_cosine, nearest  # noqa: F401

HINT = "空的请求"


class Cache(Right):
    def lookup(self, texts):
        missing = [text for text in dict.fromkeys(texts) if text not in self.known]
        self.known.update(zip(missing, self.embed(missing)))
        return [list(self.known[text]) for text in texts]
