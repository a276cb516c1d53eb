"""错：把全部的词接成一个来训练。"""

from CS336.exercises.solutions.ex01_merge import best_pair, count_pairs, merge_word

HINT = "跨过了词的边界"


def train_merges(words, num_merges):
    text = "".join(word * times for word, times in words.items())
    split = {tuple(bytes([byte]) for byte in text.encode("utf-8")): 1}
    merges = []
    while len(merges) < num_merges and (counts := count_pairs(split)):
        merges.append(best_pair(counts))
        split = {merge_word(word, merges[-1]): times for word, times in split.items()}
    return merges
