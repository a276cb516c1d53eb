"""错：留下的词已经在最后一个词里，又接了一遍。"""

from CS336.exercises.solutions.ex03_encode import WORD, decode, encode_word  # noqa: F401

HINT = "留下的词接了两遍"


def encode_stream(chunks, merges):
    held = ""
    for chunk in chunks:
        words = WORD.findall(held + chunk)
        for word in words[:-1]:
            yield from encode_word(word, merges)
        held += words[-1] if words else ""
    yield from encode_word(held, merges)
