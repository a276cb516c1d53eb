"""错：一样多时比接起来的 bytes。"""

from CS336.exercises.solutions.ex01_merge import count_pairs, merge_word, train_merges  # noqa: F401

HINT = "比的是接起来的 bytes"


def best_pair(counts):
    return max(counts, key=lambda pair: (counts[pair], pair[0] + pair[1]))
