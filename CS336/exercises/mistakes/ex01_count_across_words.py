"""错：把所有的词接成一长串来数。"""

from collections import Counter

from CS336.exercises.solutions.ex01_merge import best_pair, merge_word, train_merges  # noqa: F401

HINT = "跨过了词的边界"


def count_pairs(words):
    line = [(token, times) for word, times in words.items() for token in word]
    counts = Counter()
    for (left, _), (right, times) in zip(line, line[1:]):
        counts[left, right] += times
    return counts
