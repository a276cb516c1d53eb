"""错：循环到最后一个词元，i + 1 越界。"""

from collections import Counter

from CS336.exercises.solutions.ex01_merge import best_pair, merge_word, train_merges  # noqa: F401

HINT = "下标越界"


def count_pairs(words):
    counts = Counter()
    for word, times in words.items():
        for i in range(len(word)):
            counts[word[i], word[i + 1]] += times
    return counts
