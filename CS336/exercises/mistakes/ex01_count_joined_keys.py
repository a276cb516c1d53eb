"""错：键是接起来的 bytes，分不出左右。"""

from collections import Counter

from CS336.exercises.solutions.ex01_merge import best_pair, merge_word, train_merges  # noqa: F401

HINT = "不是接起来的"


def count_pairs(words):
    counts = Counter()
    for word, times in words.items():
        for left, right in zip(word, word[1:]):
            counts[left + right] += times
    return counts
