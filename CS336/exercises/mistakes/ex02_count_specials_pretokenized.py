"""错：切开了，又把特殊词元那一段也拿去切词。"""

from collections import Counter

from CS336.exercises.solutions.ex02_pretokens import pretokenize, split_specials

HINT = "特殊词元那一段又被切成了词"


def count_words(text, specials):
    counts = Counter()
    for piece in split_specials(text, specials):
        counts.update(pretokenize(piece))
    return counts
