"""错：一样多时比印出来的样子。"""

from CS336.exercises.solutions.ex01_merge import count_pairs, merge_word, train_merges  # noqa: F401

HINT = "比的是印出来的样子"


def best_pair(counts):
    return max(counts, key=lambda pair: (counts[pair], str(pair)))
