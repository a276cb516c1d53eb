"""错：把 merges 排了序，丢了学到的次序。"""

from CS336.exercises.solutions.ex03_encode import decode, encode_stream  # noqa: F401

HINT = "名次成了字母的次序"


def encode_word(word, merges):
    tokens = [bytes([byte]) for byte in word.encode("utf-8")]
    while pairs := [pair for pair in zip(tokens, tokens[1:]) if pair in merges]:
        first, merged, i = min(pairs), [], 0
        while i < len(tokens):
            found = tuple(tokens[i : i + 2]) == first
            merged.append(b"".join(first) if found else tokens[i])
            i += 2 if found else 1
        tokens = merged
    return tokens
