"""错：去掉了两头的空白。"""

from CS336.exercises.solutions.ex03_encode import encode_stream, encode_word  # noqa: F401

HINT = "两头的空白丢了"


def decode(ids, vocab):
    return b"".join(vocab[i] for i in ids).decode("utf-8", errors="replace").strip()
