"""错：取了次数最少的。"""

from CS336.exercises.solutions.ex01_merge import count_pairs, merge_word, train_merges  # noqa: F401

HINT = "取了次数最少的"


def best_pair(counts):
    return min(counts, key=lambda pair: (counts[pair], pair))
