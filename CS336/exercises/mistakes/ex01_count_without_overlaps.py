"""错：数的时候就跳过重叠的。"""

from collections import Counter

from CS336.exercises.solutions.ex01_merge import best_pair, merge_word, train_merges  # noqa: F401

HINT = "重叠的没有数"


def count_pairs(words):
    counts = Counter()
    for word, times in words.items():
        last = {}
        for i, pair in enumerate(zip(word, word[1:])):
            if last.get(pair) != i - 1:
                counts[pair] += times
                last[pair] = i
    return counts
