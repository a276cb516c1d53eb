"""错：块是空的时切不出词，pop 就抛异常。"""

from CS336.exercises.solutions.ex03_encode import WORD, decode, encode_word  # noqa: F401

HINT = "一个块也可能是空的"


def encode_stream(chunks, merges):
    held = ""
    for chunk in chunks:
        words = WORD.findall(held + chunk)
        held = words.pop()
        for word in words:
            yield from encode_word(word, merges)
    yield from encode_word(held, merges)
