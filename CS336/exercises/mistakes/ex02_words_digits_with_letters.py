"""错：字母与数字是同一种。"""

import re

from CS336.exercises.solutions.ex02_pretokens import count_words, split_specials  # noqa: F401

HINT = "字母与数字没有分开"


def pretokenize(text):
    return re.findall(r" ?[^\W_]+| ?(?:[^\s\w]|_)+|\s+(?!\S)|\s+", text)
