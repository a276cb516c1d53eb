"""错：比的是接起来的 bytes。"""

from CS336.exercises.solutions.ex01_merge import best_pair, count_pairs, train_merges  # noqa: F401

HINT = "比的是接起来的 bytes"


def merge_word(word, pair):
    merged, i = [], 0
    while i < len(word):
        if b"".join(word[i : i + 2]) == b"".join(pair) and word[i] != b"".join(pair):
            merged.append(word[i] + word[i + 1])
            i += 2
        else:
            merged.append(word[i])
            i += 1
    return tuple(merged)
