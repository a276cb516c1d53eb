"""错：块以空白结尾就全部交出去，不知道后面还有空白。"""

from CS336.exercises.solutions.ex03_encode import WORD, decode, encode_word  # noqa: F401

HINT = "块以空白结尾"


def encode_stream(chunks, merges):
    held = ""
    for chunk in chunks:
        words = WORD.findall(held + chunk)
        held = words.pop() if words and not words[-1].isspace() else ""
        for word in words:
            yield from encode_word(word, merges)
    yield from encode_word(held, merges)
