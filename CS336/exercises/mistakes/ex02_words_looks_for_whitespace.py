"""错：空白那一支看后面还有没有空白，不是看还有没有字：末尾的几个空白分成了两个词。"""

import re

from CS336.exercises.solutions.ex02_pretokens import count_words, split_specials  # noqa: F401

HINT = "不看还有没有空白，看还有没有字"


def pretokenize(text):
    return re.findall(r" ?[^\W\d_]+| ?\d+| ?(?:[^\s\w]|_)+|\s+(?=\s)|\s+", text)
