"""错：每次合并最左边能合并的一对，不看名次。"""

from CS336.exercises.solutions.ex03_encode import decode, encode_stream  # noqa: F401

HINT = "从左到右见到就合并"


def encode_word(word, merges):
    tokens = [bytes([byte]) for byte in word.encode("utf-8")]
    while True:
        places = [i for i in range(len(tokens) - 1) if (tokens[i], tokens[i + 1]) in merges]
        if not places:
            return tokens
        i = places[0]
        tokens[i : i + 2] = [tokens[i] + tokens[i + 1]]
