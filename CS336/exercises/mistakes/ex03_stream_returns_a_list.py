"""错：算完才返回一个列表。"""

from CS336.exercises.solutions.ex03_encode import WORD, decode, encode_word  # noqa: F401

HINT = "交出第一个词元之前读了"


def encode_stream(chunks, merges):
    return [token for word in WORD.findall("".join(chunks)) for token in encode_word(word, merges)]
