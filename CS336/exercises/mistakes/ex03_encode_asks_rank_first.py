"""错：没看在不在就问名次。"""

from CS336.exercises.solutions.ex03_encode import decode, encode_stream  # noqa: F401

HINT = "这一对不在 merges 里"


def encode_word(word, merges):
    tokens = [bytes([byte]) for byte in word.encode("utf-8")]
    while len(tokens) > 1:
        first, merged, i = min(zip(tokens, tokens[1:]), key=merges.index), [], 0
        while i < len(tokens):
            found = tuple(tokens[i : i + 2]) == first
            merged.append(b"".join(first) if found else tokens[i])
            i += 2 if found else 1
        tokens = merged
    return tokens
