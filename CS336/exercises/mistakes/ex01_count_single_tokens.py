"""错：数的是词元，不是对。"""

from collections import Counter

from CS336.exercises.solutions.ex01_merge import best_pair, merge_word, train_merges  # noqa: F401

HINT = "数的是单个词元"


def count_pairs(words):
    counts = Counter()
    for word, times in words.items():
        for token in word:
            counts[token] += times
    return counts
