"""错：一串空白整串拿走，没有留下最后一个。"""

import re

from CS336.exercises.solutions.ex02_pretokens import count_words, split_specials  # noqa: F401

HINT = "一串空白要留下最后一个"


def pretokenize(text):
    return re.findall(r" ?[^\W\d_]+| ?\d+| ?(?:[^\s\w]|_)+|\s+", text)
