"""错：最后留下的词没有交出来。"""

from CS336.exercises.solutions.ex03_encode import WORD, decode, encode_word  # noqa: F401

HINT = "最后留下的那个词没有交出来"


def encode_stream(chunks, merges):
    held = ""
    for chunk in chunks:
        words = WORD.findall(held + chunk)
        held = words.pop() if words else ""
        for word in words:
            yield from encode_word(word, merges)
