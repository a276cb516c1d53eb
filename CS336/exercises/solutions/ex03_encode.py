"""ex03 的答案。"""

import re

WORD = re.compile(r" ?[^\W\d_]+| ?\d+| ?(?:[^\s\w]|_)+|\s+(?!\S)|\s+")


def encode_word(word, merges):
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


def decode(ids, vocab):
    return b"".join(vocab[i] for i in ids).decode("utf-8", errors="replace")


def encode_stream(chunks, merges):
    held = ""
    for chunk in chunks:
        words = WORD.findall(held + chunk)
        held = words.pop() if words else ""  # 最后一个词后面还可能接着来，别的都定下来了
        for word in words:
            yield from encode_word(word, merges)
    for word in WORD.findall(held):
        yield from encode_word(word, merges)
