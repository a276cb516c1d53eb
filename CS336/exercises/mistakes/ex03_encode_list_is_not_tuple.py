"""错：拿列表的切片与元组比，从不相等，一条合并也没有做。"""

from CS336.exercises.solutions.ex03_encode import decode, encode_stream  # noqa: F401

HINT = "列表与元组从不相等"


def encode_word(word, merges):
    tokens = [bytes([byte]) for byte in word.encode("utf-8")]
    for pair in merges:
        merged, i = [], 0
        while i < len(tokens):
            found = tokens[i : i + 2] == pair
            merged.append(b"".join(pair) if found else tokens[i])
            i += 2 if found else 1
        tokens = merged
    return tokens
