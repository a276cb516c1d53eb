"""错：从 i = 0 起取 word[i - 1]，取到了最后一个词元。"""

from collections import Counter

from CS336.exercises.solutions.ex01_merge import best_pair, merge_word, train_merges  # noqa: F401

HINT = "word[i - 1] 在 i = 0 时是最后一个"


def count_pairs(words):
    counts = Counter()
    for word, times in words.items():
        for i in range(len(word)):
            counts[word[i - 1], word[i]] += times
    return counts
