"""错：用过的合并从 merges 里删掉。"""

from CS336.exercises.solutions.ex03_encode import decode, encode_stream  # noqa: F401

HINT = "改动了传进来的列表"


def encode_word(word, merges):
    tokens = [bytes([byte]) for byte in word.encode("utf-8")]
    while merges:
        pair, merged, i = merges.pop(0), [], 0
        while i < len(tokens):
            found = tuple(tokens[i : i + 2]) == pair
            merged.append(b"".join(pair) if found else tokens[i])
            i += 2 if found else 1
        tokens = merged
    return tokens
