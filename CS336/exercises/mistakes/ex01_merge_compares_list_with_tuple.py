"""错：把词变成列表，切片与 tuple 永远不相等。"""

from CS336.exercises.solutions.ex01_merge import best_pair, count_pairs, train_merges  # noqa: F401

HINT = "列表的切片与 tuple 永远不相等"


def merge_word(word, pair):
    tokens, merged, i = list(word), [], 0
    while i < len(tokens):
        if tokens[i : i + 2] == pair:
            merged.append(tokens[i] + tokens[i + 1])
            i += 2
        else:
            merged.append(tokens[i])
            i += 1
    return tuple(merged)
