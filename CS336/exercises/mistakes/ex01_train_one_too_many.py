"""错：先学一条再看够不够。"""

from CS336.exercises.solutions.ex01_merge import best_pair, count_pairs, merge_word

HINT = "多学了一条"


def train_merges(words, num_merges):
    split = {tuple(bytes([byte]) for byte in word.encode("utf-8")): times for word, times in words.items()}
    merges = []
    while counts := count_pairs(split):
        merges.append(best_pair(counts))
        if len(merges) > num_merges:
            break
        split = {merge_word(word, merges[-1]): times for word, times in split.items()}
    return merges
