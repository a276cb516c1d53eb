"""错：每个字节当成一个字。"""

from CS336.exercises.solutions.ex03_encode import encode_stream, encode_word  # noqa: F401

HINT = "每个字节当成了一个字"


def decode(ids, vocab):
    return b"".join(vocab[i] for i in ids).decode("latin-1")
