"""错：一样多时只比右边。"""

from CS336.exercises.solutions.ex01_merge import count_pairs, merge_word, train_merges  # noqa: F401

HINT = "只比了右边"


def best_pair(counts):
    return max(counts, key=lambda pair: (counts[pair], pair[1]))
