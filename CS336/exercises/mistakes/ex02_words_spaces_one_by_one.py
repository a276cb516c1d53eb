"""错：一个空白一个词。"""

import re

from CS336.exercises.solutions.ex02_pretokens import count_words, split_specials  # noqa: F401

HINT = "一串空白没有合成一个词"


def pretokenize(text):
    return re.findall(r" ?[^\W\d_]+| ?\d+| ?(?:[^\s\w]|_)+|\s", text)
