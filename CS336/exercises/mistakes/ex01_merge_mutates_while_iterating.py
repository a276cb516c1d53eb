"""错：一边循环一边删。"""

from CS336.exercises.solutions.ex01_merge import best_pair, count_pairs, train_merges  # noqa: F401

HINT = "一边循环一边删"


def merge_word(word, pair):
    tokens = list(word)
    for i in range(len(tokens) - 1):
        if (tokens[i], tokens[i + 1]) == pair:
            tokens[i : i + 2] = [tokens[i] + tokens[i + 1]]
    return tuple(tokens)
