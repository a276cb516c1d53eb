"""错：连次数一起返回。"""

from CS336.exercises.solutions.ex01_merge import count_pairs, merge_word, train_merges  # noqa: F401

HINT = "只返回那一对"


def best_pair(counts):
    return max(counts.items(), key=lambda item: (item[1], item[0]))
