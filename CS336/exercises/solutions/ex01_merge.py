"""ex01 的答案。"""

from collections import Counter


def count_pairs(words):
    counts = Counter()
    for word, times in words.items():
        for pair in zip(word, word[1:]):
            counts[pair] += times
    return counts


def best_pair(counts):
    return max(counts, key=lambda pair: (counts[pair], pair))


def merge_word(word, pair):
    merged, i = [], 0
    while i < len(word):
        if word[i : i + 2] == pair:
            merged.append(word[i] + word[i + 1])
            i += 2
        else:
            merged.append(word[i])
            i += 1
    return tuple(merged)


def train_merges(words, num_merges):
    split = {tuple(bytes([byte]) for byte in word.encode("utf-8")): times for word, times in words.items()}
    merges = []
    while len(merges) < num_merges:
        counts = count_pairs(split)
        if not counts:
            break
        merges.append(best_pair(counts))
        split = {merge_word(word, merges[-1]): times for word, times in split.items()}
    return merges
