"""错：一样多时先比长度。"""

from CS336.exercises.solutions.ex01_merge import count_pairs, merge_word, train_merges  # noqa: F401

HINT = "比的是长度"


def best_pair(counts):
    return max(counts, key=lambda pair: (counts[pair], len(pair[0] + pair[1]), pair))
