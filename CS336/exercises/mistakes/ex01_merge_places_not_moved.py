"""错：先找全部位置再逐个换，换过一处后面的位置就都变了。"""

from CS336.exercises.solutions.ex01_merge import best_pair, count_pairs, train_merges  # noqa: F401

HINT = "前面换过一处，后面的位置就都往前移了"


def merge_word(word, pair):
    places = [i for i in range(len(word) - 1) if word[i : i + 2] == pair]
    tokens = list(word)
    for i in places:
        tokens[i : i + 2] = [pair[0] + pair[1]]
    return tuple(tokens)
