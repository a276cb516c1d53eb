"""错：用 sum 接 bytes，它从整数 0 加起。"""

from CS336.exercises.solutions.ex03_encode import encode_stream, encode_word  # noqa: F401

HINT = "sum 从整数 0 加起"


def decode(ids, vocab):
    return sum(vocab[i] for i in ids).decode("utf-8", errors="replace")
