"""错：只按空格切。"""

from CS336.exercises.solutions.ex03_encode import decode, encode_word  # noqa: F401

HINT = "只按空格切了词"


def encode_stream(chunks, merges):
    for i, part in enumerate("".join(chunks).split(" ")):
        yield from encode_word(" " + part if i else part, merges)
