"""错：普通的 dict 里第一次见到的键没有初值。"""

from CS336.exercises.solutions.ex01_merge import best_pair, merge_word, train_merges  # noqa: F401

HINT = "第一次见到要从 0 数起"


def count_pairs(words):
    counts = {}
    for word, times in words.items():
        for pair in zip(word, word[1:]):
            counts[pair] += times
    return counts
