"""错：只出现一次的对不合并。"""

from CS336.exercises.solutions.ex01_merge import best_pair, count_pairs, merge_word

HINT = "只出现一次的对也要合并"


def train_merges(words, num_merges):
    split = {tuple(bytes([byte]) for byte in word.encode("utf-8")): times for word, times in words.items()}
    merges = []
    while len(merges) < num_merges and (counts := count_pairs(split)):
        best = best_pair(counts)
        if counts[best] < 2:
            break
        merges.append(best)
        split = {merge_word(word, best): times for word, times in split.items()}
    return merges
