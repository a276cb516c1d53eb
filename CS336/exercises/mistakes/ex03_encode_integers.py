"""错：遍历 bytes 得到的是整数。"""

from CS336.exercises.solutions.ex03_encode import decode, encode_stream  # noqa: F401

HINT = "bytes 里取出来的是整数"


def encode_word(word, merges):
    tokens = list(word.encode("utf-8"))
    for pair in merges:
        merged, i = [], 0
        while i < len(tokens):
            found = tuple(tokens[i : i + 2]) == pair
            merged.append(tokens[i] + tokens[i + 1] if found else tokens[i])
            i += 2 if found else 1
        tokens = merged
    return tokens
