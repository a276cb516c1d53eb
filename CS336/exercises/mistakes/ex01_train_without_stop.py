"""错：没有对了也接着挑。"""

from CS336.exercises.solutions.ex01_merge import best_pair, count_pairs, merge_word

HINT = "没有对了就停"


def train_merges(words, num_merges):
    split = {tuple(bytes([byte]) for byte in word.encode("utf-8")): times for word, times in words.items()}
    merges = []
    for _ in range(num_merges):
        merges.append(best_pair(count_pairs(split)))
        split = {merge_word(word, merges[-1]): times for word, times in split.items()}
    return merges
