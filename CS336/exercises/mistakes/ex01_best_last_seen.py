"""错：按次数从少到多排，取最后一个。"""

from CS336.exercises.solutions.ex01_merge import count_pairs, merge_word, train_merges  # noqa: F401

HINT = "一样多时取了最后见到的"


def best_pair(counts):
    return sorted(counts, key=counts.get)[-1]
