"""错：每条合并从右到左做。"""

from CS336.exercises.solutions.ex03_encode import decode, encode_stream  # noqa: F401

HINT = "合并时从右到左了"


def encode_word(word, merges):
    tokens = [bytes([byte]) for byte in word.encode("utf-8")]
    for pair in merges:
        i = len(tokens) - 2
        while i >= 0:
            if tuple(tokens[i : i + 2]) == pair:
                tokens[i : i + 2] = [b"".join(pair)]
                i -= 1
            i -= 1
    return tokens
