"""错：从左到右，每次取词表里最长的。"""

from CS336.exercises.solutions.ex03_encode import decode, encode_stream  # noqa: F401

HINT = "从左到右的最长匹配"


def encode_word(word, merges):
    vocabulary, data, tokens = {left + right for left, right in merges}, word.encode("utf-8"), []
    while data:
        size = next((n for n in range(len(data), 1, -1) if data[:n] in vocabulary), 1)
        tokens.append(data[:size])
        data = data[size:]
    return tokens
