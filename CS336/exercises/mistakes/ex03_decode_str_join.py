"""错：用 "".join 接 bytes。"""

from CS336.exercises.solutions.ex03_encode import encode_stream, encode_word  # noqa: F401

HINT = '要用 b"".join'


def decode(ids, vocab):
    return "".join(vocab[i] for i in ids)
