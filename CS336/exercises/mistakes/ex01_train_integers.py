"""错：遍历 bytes 得到的是整数。"""

from CS336.exercises.solutions.ex01_merge import best_pair, count_pairs, merge_word

HINT = "bytes 里取出来的是整数"


def train_merges(words, num_merges):
    split = {tuple(word.encode("utf-8")): times for word, times in words.items()}
    merges = []
    while len(merges) < num_merges and (counts := count_pairs(split)):
        merges.append(best_pair(counts))
        split = {merge_word(word, merges[-1]): times for word, times in split.items()}
    return merges
