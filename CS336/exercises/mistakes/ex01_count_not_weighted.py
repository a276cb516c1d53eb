"""错：一个词不管出现几次，都只算一次。"""

from collections import Counter

from CS336.exercises.solutions.ex01_merge import best_pair, merge_word, train_merges  # noqa: F401

HINT = "没有乘词的次数"


def count_pairs(words):
    counts = Counter()
    for word in words:
        counts.update(zip(word, word[1:]))
    return counts
