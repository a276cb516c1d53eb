"""错：counts 是普通的 dict，没有 most_common。"""

from CS336.exercises.solutions.ex01_merge import count_pairs, merge_word, train_merges  # noqa: F401

HINT = "most_common 是 Counter 的"


def best_pair(counts):
    return counts.most_common(1)[0][0]
