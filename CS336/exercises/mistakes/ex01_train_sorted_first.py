"""错：排序以后取第 0 个，没有对的时候列表是空的。"""

from CS336.exercises.solutions.ex01_merge import count_pairs, merge_word

HINT = "空的列表没有第 0 个"


def best_pair(counts):
    return sorted(counts, key=lambda pair: (counts[pair], pair), reverse=True)[0]


def train_merges(words, num_merges):
    split = {tuple(bytes([byte]) for byte in word.encode("utf-8")): times for word, times in words.items()}
    merges = []
    for _ in range(num_merges):
        merges.append(best_pair(count_pairs(split)))
        split = {merge_word(word, merges[-1]): times for word, times in split.items()}
    return merges
