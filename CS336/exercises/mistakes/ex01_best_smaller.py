"""错：按（次数从多到少，对从小到大）排，取第一个。"""

from CS336.exercises.solutions.ex01_merge import count_pairs, merge_word, train_merges  # noqa: F401

HINT = "一样多时取了较小的"


def best_pair(counts):
    return sorted(counts, key=lambda pair: (-counts[pair], pair))[0]
