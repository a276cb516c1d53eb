"""错：开始时一个字一个词元。"""

from CS336.exercises.solutions.ex03_encode import decode, encode_stream  # noqa: F401

HINT = "开始时一个字节一个词元，不是一个字"


def encode_word(word, merges):
    tokens = [char.encode("utf-8") for char in word]
    for pair in merges:
        merged, i = [], 0
        while i < len(tokens):
            found = tuple(tokens[i : i + 2]) == pair
            merged.append(b"".join(pair) if found else tokens[i])
            i += 2 if found else 1
        tokens = merged
    return tokens
