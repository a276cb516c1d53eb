"""错：左右交换了也算。"""

from CS336.exercises.solutions.ex01_merge import best_pair, count_pairs, train_merges  # noqa: F401

HINT = "左右不能交换"


def merge_word(word, pair):
    merged, i = [], 0
    while i < len(word):
        if set(word[i : i + 2]) == set(pair) and i + 1 < len(word):
            merged.append(word[i] + word[i + 1])
            i += 2
        else:
            merged.append(word[i])
            i += 1
    return tuple(merged)
