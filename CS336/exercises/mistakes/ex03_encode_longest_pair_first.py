"""错：先合并合出来最长的一对。"""

from CS336.exercises.solutions.ex03_encode import decode, encode_stream  # noqa: F401

HINT = "名次成了合并出来的长度"


def encode_word(word, merges):
    tokens = [bytes([byte]) for byte in word.encode("utf-8")]
    while pairs := [pair for pair in zip(tokens, tokens[1:]) if pair in merges]:
        longest, merged, i = max(pairs, key=lambda pair: len(pair[0] + pair[1])), [], 0
        while i < len(tokens):
            found = tuple(tokens[i : i + 2]) == longest
            merged.append(b"".join(longest) if found else tokens[i])
            i += 2 if found else 1
        tokens = merged
    return tokens
