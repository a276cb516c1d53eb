"""错：开始时一个字一个词元。"""

from CS336.exercises.solutions.ex01_merge import best_pair, count_pairs, merge_word

HINT = "不是一个字"


def train_merges(words, num_merges):
    split = {tuple(char.encode("utf-8") for char in word): times for word, times in words.items()}
    merges = []
    while len(merges) < num_merges and (counts := count_pairs(split)):
        merges.append(best_pair(counts))
        split = {merge_word(word, merges[-1]): times for word, times in split.items()}
    return merges
