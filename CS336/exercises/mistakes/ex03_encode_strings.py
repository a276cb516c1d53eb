"""错：词元是 str，在 merges 里永远找不到。"""

from CS336.exercises.solutions.ex03_encode import decode, encode_stream  # noqa: F401

HINT = "词元是 bytes，不是 str"


def encode_word(word, merges):
    tokens = list(word)
    for pair in merges:
        merged, i = [], 0
        while i < len(tokens):
            found = tuple(tokens[i : i + 2]) == pair
            merged.append(tokens[i] + tokens[i + 1] if found else tokens[i])
            i += 2 if found else 1
        tokens = merged
    return tokens
