"""错：只有空白的词没有数。"""

from collections import Counter

from CS336.exercises.solutions.ex02_pretokens import pretokenize, split_specials

HINT = "空白也是词"


def count_words(text, specials):
    counts = Counter()
    for piece in split_specials(text, specials):
        if piece not in specials:
            counts.update(word for word in pretokenize(piece) if not word.isspace())
    return counts
