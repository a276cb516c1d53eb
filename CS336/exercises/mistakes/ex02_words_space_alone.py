"""错：空格自己成了词。"""

import re

from CS336.exercises.solutions.ex02_pretokens import count_words, split_specials  # noqa: F401

HINT = "空格自己成了词"


def pretokenize(text):
    return re.findall(r"[^\W\d_]+|\d+|(?:[^\s\w]|_)+|\s+", text)
