"""错：合并一轮就返回。"""

from CS336.exercises.solutions.ex03_encode import decode, encode_stream  # noqa: F401

HINT = "只合并了一轮就停了"


def encode_word(word, merges):
    tokens = [bytes([byte]) for byte in word.encode("utf-8")]
    for pair in merges:
        if pair in zip(tokens, tokens[1:]):
            merged, i = [], 0
            while i < len(tokens):
                found = tuple(tokens[i : i + 2]) == pair
                merged.append(b"".join(pair) if found else tokens[i])
                i += 2 if found else 1
            return merged
    return tokens
