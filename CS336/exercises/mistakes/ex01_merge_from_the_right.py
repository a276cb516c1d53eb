"""错：从右到左合并。"""

from CS336.exercises.solutions.ex01_merge import best_pair, count_pairs, train_merges  # noqa: F401

HINT = "要从左到右"


def merge_word(word, pair):
    merged, i = [], len(word)
    while i > 0:
        if i > 1 and word[i - 2 : i] == pair:
            merged.insert(0, word[i - 2] + word[i - 1])
            i -= 2
        else:
            merged.insert(0, word[i - 1])
            i -= 1
    return tuple(merged)
