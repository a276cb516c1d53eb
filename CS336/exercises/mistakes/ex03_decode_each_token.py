"""错：逐个词元解码。"""

from CS336.exercises.solutions.ex03_encode import encode_stream, encode_word  # noqa: F401

HINT = "逐个词元解码了"


def decode(ids, vocab):
    return "".join(vocab[i].decode("utf-8", errors="replace") for i in ids)
