"""错：合并之后忘了往前走。"""

from CS336.exercises.solutions.ex01_merge import best_pair, count_pairs, train_merges  # noqa: F401

HINT = "循环停不下来"


def merge_word(word, pair):
    merged, i = [], 0
    while i < len(word):
        if word[i : i + 2] != pair:
            merged.append(word[i])
            i += 1
    return tuple(merged)
