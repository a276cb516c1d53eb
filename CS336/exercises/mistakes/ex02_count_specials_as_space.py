"""错：特殊词元换成空格。"""

from collections import Counter

from CS336.exercises.solutions.ex02_pretokens import pretokenize, split_specials

HINT = "特殊词元换成了空格"


def count_words(text, specials):
    return Counter(pretokenize(" ".join(piece for piece in split_specials(text, specials) if piece not in specials)))
