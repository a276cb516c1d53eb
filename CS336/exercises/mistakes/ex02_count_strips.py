"""错：去掉词前面的空格，两个词就成了一个。"""

from collections import Counter

from CS336.exercises.solutions.ex02_pretokens import pretokenize, split_specials

HINT = "不要 strip"


def count_words(text, specials):
    counts = Counter()
    for piece in split_specials(text, specials):
        if piece not in specials:
            counts.update(word.strip() for word in pretokenize(piece) if word.strip())
    return counts
