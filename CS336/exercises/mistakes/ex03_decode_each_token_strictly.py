"""错：逐个词元解码，半个字解不出来。"""

from CS336.exercises.solutions.ex03_encode import encode_stream, encode_word  # noqa: F401

HINT = "先接起全部字节"


def decode(ids, vocab):
    return "".join(vocab[i].decode("utf-8") for i in ids)
