"""错：换行也归了后面的词。"""

import re

from CS336.exercises.solutions.ex02_pretokens import count_words, split_specials  # noqa: F401

HINT = "换行与制表符也归了后面的词"


def pretokenize(text):
    return re.findall(r"\s?[^\W\d_]+|\s?\d+|\s?(?:[^\s\w]|_)+|\s+(?!\S)|\s+", text)
