"""错：接起来忘了解码。"""

from CS336.exercises.solutions.ex03_encode import encode_stream, encode_word  # noqa: F401

HINT = "返回的是 bytes"


def decode(ids, vocab):
    return b"".join(vocab[i] for i in ids)
