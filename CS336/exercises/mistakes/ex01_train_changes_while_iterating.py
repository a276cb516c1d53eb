"""错：一边遍历字典一边换它的键。"""

from CS336.exercises.solutions.ex01_merge import best_pair, count_pairs, merge_word

HINT = "一边循环一边改字典"


def train_merges(words, num_merges):
    split = {tuple(bytes([byte]) for byte in word.encode("utf-8")): times for word, times in words.items()}
    merges = []
    while len(merges) < num_merges and (counts := count_pairs(split)):
        merges.append(best_pair(counts))
        for word in split:
            split[merge_word(word, merges[-1])] = split.pop(word)
    return merges
