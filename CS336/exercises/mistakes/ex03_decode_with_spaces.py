"""错：词元之间加了空格。"""

from CS336.exercises.solutions.ex03_encode import encode_stream, encode_word  # noqa: F401

HINT = "词元之间多了空格"


def decode(ids, vocab):
    return b" ".join(vocab[i] for i in ids).decode("utf-8", errors="replace")
