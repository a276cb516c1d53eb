"""错：没有先切开特殊词元。"""

from collections import Counter

from CS336.exercises.solutions.ex02_pretokens import pretokenize, split_specials  # noqa: F401

HINT = "它被正则切碎了"


def count_words(text, specials):
    return Counter(pretokenize(text))
