"""错：没有可以合并的了，还在循环。"""

from CS336.exercises.solutions.ex03_encode import decode, encode_stream  # noqa: F401

HINT = "循环停不下来"


def encode_word(word, merges):
    tokens = [bytes([byte]) for byte in word.encode("utf-8")]
    while len(tokens) > 1:
        for pair in merges:
            for i in range(len(tokens) - 1):
                if tuple(tokens[i : i + 2]) == pair:
                    tokens[i : i + 2] = [b"".join(pair)]
    return tokens
