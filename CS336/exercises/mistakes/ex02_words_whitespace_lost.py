"""错：多出来的空白一支都不匹配，丢了。"""

import re

from CS336.exercises.solutions.ex02_pretokens import count_words, split_specials  # noqa: F401

HINT = "多出来的空白丢了"


def pretokenize(text):
    return re.findall(r" ?[^\W\d_]+| ?\d+| ?(?:[^\s\w]|_)+", text)
