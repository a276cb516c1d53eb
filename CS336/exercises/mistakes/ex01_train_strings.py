"""错：忘了编码，词元是 str。"""

from CS336.exercises.solutions.ex01_merge import best_pair, count_pairs, merge_word

HINT = "词元是 bytes，不是 str"


def train_merges(words, num_merges):
    split = {tuple(word): times for word, times in words.items()}
    merges = []
    while len(merges) < num_merges and (counts := count_pairs(split)):
        merges.append(best_pair(counts))
        split = {merge_word(word, merges[-1]): times for word, times in split.items()}
    return merges
