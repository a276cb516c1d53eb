"""错：空格归了前面的词。"""

import re

from CS336.exercises.solutions.ex02_pretokens import count_words, split_specials  # noqa: F401

HINT = "空格归了前面的词"


def pretokenize(text):
    return re.findall(r"[^\W\d_]+ ?|\d+ ?|(?:[^\s\w]|_)+ ?|\s+", text)
