"""错：没有切成词就编码。"""

from CS336.exercises.solutions.ex03_encode import decode, encode_word  # noqa: F401

HINT = "没有切成词"


def encode_stream(chunks, merges):
    yield from encode_word("".join(chunks), merges)
