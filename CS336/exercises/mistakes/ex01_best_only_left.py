"""错：一样多时只比左边。"""

from CS336.exercises.solutions.ex01_merge import count_pairs, merge_word, train_merges  # noqa: F401

HINT = "左边相同，还要比右边"


def best_pair(counts):
    return max(counts, key=lambda pair: (counts[pair], pair[0]))
