"""错：特殊词元也数成了词。"""

from collections import Counter

from CS336.exercises.solutions.ex02_pretokens import pretokenize, split_specials

HINT = "特殊词元也算成了词"


def count_words(text, specials):
    counts = Counter()
    for piece in split_specials(text, specials):
        counts.update([piece] if piece in specials else pretokenize(piece))
    return counts
