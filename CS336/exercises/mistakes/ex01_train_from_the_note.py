"""错：照抄笔记，用了 naive.py 里的函数，这个文件里没有。"""

from CS336.exercises.solutions.ex01_merge import best_pair, count_pairs, merge_word

HINT = "笔记里 naive.py 的函数这里没有"


def train_merges(words, num_merges):
    split = {tuple(split_bytes(word)): times for word, times in words.items()}  # noqa: F821
    merges = []
    while len(merges) < num_merges and (counts := count_pairs(split)):
        merges.append(best_pair(counts))
        split = {merge_word(word, merges[-1]): times for word, times in split.items()}
    return merges
