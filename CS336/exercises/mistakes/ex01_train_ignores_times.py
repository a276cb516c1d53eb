"""错：每个词当作出现一次。"""

from CS336.exercises.solutions.ex01_merge import best_pair, count_pairs, merge_word

HINT = "没有乘词的次数"


def train_merges(words, num_merges):
    split = {tuple(bytes([byte]) for byte in word.encode("utf-8")): 1 for word in words}
    merges = []
    while len(merges) < num_merges and (counts := count_pairs(split)):
        merges.append(best_pair(counts))
        split = {merge_word(word, merges[-1]): times for word, times in split.items()}
    return merges
