"""错：星号：紧挨着的空格都归了后面的词。"""

import re

from CS336.exercises.solutions.ex02_pretokens import count_words, split_specials  # noqa: F401

HINT = "不写 ` *`"


def pretokenize(text):
    return re.findall(r" *[^\W\d_]+| *\d+| *(?:[^\s\w]|_)+|\s+(?!\S)|\s+", text)
