"""错：update 收到一个 str，数的是字。"""

from collections import Counter

from CS336.exercises.solutions.ex02_pretokens import pretokenize, split_specials  # noqa: F401

HINT = "数的是字，不是词"


def count_words(text, specials):
    counts = Counter()
    for piece in split_specials(text, specials):
        if piece not in specials:
            counts.update(piece)
    return counts
