"""错：每一段里去了重。"""

from collections import Counter

from CS336.exercises.solutions.ex02_pretokens import pretokenize, split_specials

HINT = "一个词只算了一次"


def count_words(text, specials):
    counts = Counter()
    for piece in split_specials(text, specials):
        if piece not in specials:
            counts.update(set(pretokenize(piece)))
    return counts
