"""错：一个词里的对先去了重。"""

from collections import Counter

from CS336.exercises.solutions.ex01_merge import best_pair, merge_word, train_merges  # noqa: F401

HINT = "一个词里同一对只算了一次"


def count_pairs(words):
    counts = Counter()
    for word, times in words.items():
        for pair in set(zip(word, word[1:])):
            counts[pair] += times
    return counts
