"""错：一样多时先解码再比，一截字节解不成字。"""

from CS336.exercises.solutions.ex01_merge import count_pairs, merge_word, train_merges  # noqa: F401

HINT = "单独的一截解不成字"


def best_pair(counts):
    return max(counts, key=lambda pair: (counts[pair], [token.decode() for token in pair]))
