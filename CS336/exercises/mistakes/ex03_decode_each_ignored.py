"""错：逐个词元解码，解不了的扔掉。"""

from CS336.exercises.solutions.ex03_encode import encode_stream, encode_word  # noqa: F401

HINT = "解不了的扔掉了"


def decode(ids, vocab):
    return "".join(vocab[i].decode("utf-8", errors="ignore") for i in ids)
