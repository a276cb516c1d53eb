"""错：合并之后只往前走一步。"""

from CS336.exercises.solutions.ex03_encode import decode, encode_stream  # noqa: F401

HINT = "合并时重叠了"


def encode_word(word, merges):
    tokens = [bytes([byte]) for byte in word.encode("utf-8")]
    for pair in merges:
        merged, i = [], 0
        while i < len(tokens):
            found = tuple(tokens[i : i + 2]) == pair
            merged.append(b"".join(pair) if found else tokens[i])
            i += 1
        tokens = merged
    return tokens
