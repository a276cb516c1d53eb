"""错：只比挨着的字节。"""

from CS336.exercises.solutions.ex01_merge import best_pair, count_pairs, train_merges  # noqa: F401

HINT = "只比了挨着的字节"


def merge_word(word, pair):
    merged, i = [], 0
    while i < len(word):
        if i + 1 < len(word) and word[i].endswith(pair[0]) and word[i + 1].startswith(pair[1]):
            merged.append(word[i] + word[i + 1])
            i += 2
        else:
            merged.append(word[i])
            i += 1
    return tuple(merged)
