"""错：留下的词没有与下一块接起来。"""

from CS336.exercises.solutions.ex03_encode import WORD, decode, encode_word  # noqa: F401

HINT = "与下一块接起来"


def encode_stream(chunks, merges):
    held = ""
    for chunk in chunks:
        words = WORD.findall(chunk)
        if words:
            yield from encode_word(held, merges)
            held = words.pop()
        for word in words:
            yield from encode_word(word, merges)
    yield from encode_word(held, merges)
