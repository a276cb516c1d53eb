"""错：range 少了一，每个词的最后一对没有数。"""

from collections import Counter

from CS336.exercises.solutions.ex01_merge import best_pair, merge_word, train_merges  # noqa: F401

HINT = "少数了每个词的最后一对"


def count_pairs(words):
    counts = Counter()
    for word, times in words.items():
        for i in range(len(word) - 2):
            counts[word[i], word[i + 1]] += times
    return counts
