"""错：每一段换掉前一段的次数。"""

from collections import Counter

from CS336.exercises.solutions.ex02_pretokens import pretokenize, split_specials

HINT = "次数要加起来，不是换掉"


def count_words(text, specials):
    counts = {}
    for piece in split_specials(text, specials):
        if piece not in specials:
            counts.update(Counter(pretokenize(piece)))
    return counts
