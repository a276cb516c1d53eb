"""错：交出的是列表。"""

from CS336.exercises.solutions.ex03_encode import WORD, decode, encode_word  # noqa: F401

HINT = "不写 yield"


def encode_stream(chunks, merges):
    held = ""
    for chunk in chunks:
        words = WORD.findall(held + chunk)
        held = words.pop() if words else ""
        for word in words:
            yield encode_word(word, merges)
    if held:
        yield encode_word(held, merges)
