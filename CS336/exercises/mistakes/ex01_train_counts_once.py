"""错：只在开头数一次，取前 n 对。"""

from CS336.exercises.solutions.ex01_merge import best_pair, count_pairs, merge_word  # noqa: F401

HINT = "只在开头数了一次"


def train_merges(words, num_merges):
    split = {tuple(bytes([byte]) for byte in word.encode("utf-8")): times for word, times in words.items()}
    counts = count_pairs(split)
    return sorted(counts, key=lambda pair: (counts[pair], pair), reverse=True)[:num_merges]
