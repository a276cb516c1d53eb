"""错：整个词在词表里就不合并了。"""

from CS336.exercises.solutions.ex03_encode import decode, encode_stream  # noqa: F401

HINT = "整个词在词表里也要按名次合并"


def encode_word(word, merges):
    if word.encode("utf-8") in {left + right for left, right in merges}:
        return [word.encode("utf-8")]
    rank = {pair: i for i, pair in enumerate(merges)}
    tokens = [bytes([byte]) for byte in word.encode("utf-8")]
    while pairs := [pair for pair in zip(tokens, tokens[1:]) if pair in rank]:
        first, merged, i = min(pairs, key=rank.get), [], 0
        while i < len(tokens):
            found = tuple(tokens[i : i + 2]) == first
            merged.append(b"".join(first) if found else tokens[i])
            i += 2 if found else 1
        tokens = merged
    return tokens
