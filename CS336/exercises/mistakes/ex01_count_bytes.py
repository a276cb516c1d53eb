"""错：合并过的词元又拆回字节来数。"""

from collections import Counter

from CS336.exercises.solutions.ex01_merge import best_pair, merge_word, train_merges  # noqa: F401

HINT = "数的是字节，不是词元"


def count_pairs(words):
    counts = Counter()
    for word, times in words.items():
        text = b"".join(word)
        for i in range(len(text) - 1):
            counts[text[i : i + 1], text[i + 1 : i + 2]] += times
    return counts
