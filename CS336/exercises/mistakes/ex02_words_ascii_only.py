"""错：只有英语的字母，汉字丢了。"""

import re

from CS336.exercises.solutions.ex02_pretokens import count_words, split_specials  # noqa: F401

HINT = "汉字丢了"


def pretokenize(text):
    return re.findall(r" ?[A-Za-z]+| ?\d+| ?(?:[^\s\w]|_)+|\s+(?!\S)|\s+", text)
