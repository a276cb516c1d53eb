"""错：编号当成了第几个。"""

from CS336.exercises.solutions.ex03_encode import encode_stream, encode_word  # noqa: F401

HINT = "编号不是第几个"


def decode(ids, vocab):
    tokens = list(vocab.values())
    return b"".join(tokens[i % len(tokens)] for i in ids).decode("utf-8", errors="replace")
