"""错：空的词切出一个空的词元。"""

from CS336.exercises.solutions.ex03_encode import decode, encode_stream  # noqa: F401

HINT = "空的词没有词元"


def encode_word(word, merges):
    tokens = [bytes([byte]) for byte in word.encode("utf-8")] or [b""]
    for pair in merges:
        merged, i = [], 0
        while i < len(tokens):
            found = tuple(tokens[i : i + 2]) == pair
            merged.append(b"".join(pair) if found else tokens[i])
            i += 2 if found else 1
        tokens = merged
    return tokens
