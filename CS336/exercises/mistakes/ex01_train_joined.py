"""错：返回接起来的词元，看不出是哪两个合并的。"""

from CS336.exercises.solutions.ex01_merge import best_pair, count_pairs, merge_word

HINT = "每一条应当是一对"


def train_merges(words, num_merges):
    split = {tuple(bytes([byte]) for byte in word.encode("utf-8")): times for word, times in words.items()}
    merges = []
    while len(merges) < num_merges and (counts := count_pairs(split)):
        best = best_pair(counts)
        merges.append(best[0] + best[1])
        split = {merge_word(word, best): times for word, times in split.items()}
    return merges
