"""错：max 只看次数，一样多时取先见到的。"""

from CS336.exercises.solutions.ex01_merge import count_pairs, merge_word, train_merges  # noqa: F401

HINT = "一样多时取了先见到的"


def best_pair(counts):
    return max(counts, key=counts.get)
