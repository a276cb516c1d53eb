"""错：名次取了最大的。"""

from CS336.exercises.solutions.ex03_encode import decode, encode_stream  # noqa: F401

HINT = "最先学到的（下标最小的）先合并"


def encode_word(word, merges):
    rank = {pair: i for i, pair in enumerate(merges)}
    tokens = [bytes([byte]) for byte in word.encode("utf-8")]
    while pairs := [pair for pair in zip(tokens, tokens[1:]) if pair in rank]:
        last, merged, i = max(pairs, key=rank.get), [], 0
        while i < len(tokens):
            found = tuple(tokens[i : i + 2]) == last
            merged.append(b"".join(last) if found else tokens[i])
            i += 2 if found else 1
        tokens = merged
    return tokens
