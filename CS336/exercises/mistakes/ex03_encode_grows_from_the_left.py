"""错：手里的词元能接上下一个字节就接。"""

from CS336.exercises.solutions.ex03_encode import decode, encode_stream  # noqa: F401

HINT = "从左到右见到就合并"


def encode_word(word, merges):
    tokens = []
    for byte in word.encode("utf-8"):
        tokens.append(bytes([byte]))
        while len(tokens) > 1 and (tokens[-2], tokens[-1]) in merges:
            tokens[-2:] = [tokens[-2] + tokens[-1]]
    return tokens
