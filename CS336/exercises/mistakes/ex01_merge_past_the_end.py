"""错：看 word[i + 1] 之前没有看它在不在。"""

from CS336.exercises.solutions.ex01_merge import best_pair, count_pairs, train_merges  # noqa: F401

HINT = "下标越界"


def merge_word(word, pair):
    merged, i = [], 0
    while i < len(word):
        if word[i] == pair[0] and word[i + 1] == pair[1]:
            merged.append(word[i] + word[i + 1])
            i += 2
        else:
            merged.append(word[i])
            i += 1
    return tuple(merged)
