"""错：接起来了，不合法的字节抛异常。"""

from CS336.exercises.solutions.ex03_encode import encode_stream, encode_word  # noqa: F401

HINT = "不抛异常"


def decode(ids, vocab):
    return b"".join(vocab[i] for i in ids).decode("utf-8")
