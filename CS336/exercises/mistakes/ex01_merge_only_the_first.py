"""错：合并一处就返回。"""

from CS336.exercises.solutions.ex01_merge import best_pair, count_pairs, train_merges  # noqa: F401

HINT = "只合并了第一处"


def merge_word(word, pair):
    for i in range(len(word) - 1):
        if word[i : i + 2] == pair:
            return (*word[:i], word[i] + word[i + 1], *word[i + 2 :])
    return word
