"""错：一样多时先解码再比，不合法的字节都成了同一个字。"""

from CS336.exercises.solutions.ex01_merge import count_pairs, merge_word, train_merges  # noqa: F401

HINT = "不合法的字节都成了同一个"


def best_pair(counts):
    return max(counts, key=lambda pair: (counts[pair], [token.decode(errors="replace") for token in pair]))
