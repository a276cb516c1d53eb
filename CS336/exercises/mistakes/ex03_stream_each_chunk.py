"""错：每一块各自编码。"""

from CS336.exercises.solutions.ex03_encode import WORD, decode, encode_word  # noqa: F401

HINT = "每一块各自编码了"


def encode_stream(chunks, merges):
    for chunk in chunks:
        for word in WORD.findall(chunk):
            yield from encode_word(word, merges)
