"""错：算过的放前面，新算的放后面。"""

from LangChain.exercises.solutions.ex10_embedding import Cache as Right
from LangChain.exercises.solutions.ex10_embedding import cosine, l2_from_cosine, nearest  # noqa: F401

HINT = "放回各自的位置"


class Cache(Right):
    def lookup(self, texts):
        old = [text for text in texts if text in self.known]
        new = [text for text in texts if text not in self.known]
        if new:
            self.known.update(zip(dict.fromkeys(new), self.embed(list(dict.fromkeys(new)))))
        return [list(self.known[text]) for text in old + new]
