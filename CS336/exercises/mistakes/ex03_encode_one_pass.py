"""错：从左到右走一趟，见到在 merges 里的就合并。"""

from CS336.exercises.solutions.ex03_encode import decode, encode_stream  # noqa: F401

HINT = "只从左到右走了一趟"


def encode_word(word, merges):
    tokens, merged, i = [bytes([byte]) for byte in word.encode("utf-8")], [], 0
    while i < len(tokens):
        if tuple(tokens[i : i + 2]) in merges:
            merged.append(tokens[i] + tokens[i + 1])
            i += 2
        else:
            merged.append(tokens[i])
            i += 1
    return merged
