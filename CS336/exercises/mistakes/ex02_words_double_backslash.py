"""错：r"…" 里写了两个反斜杠，找的是反斜杠这个字符。"""

import re

from CS336.exercises.solutions.ex02_pretokens import count_words, split_specials  # noqa: F401

HINT = "一个反斜杠就够"


def pretokenize(text):
    return re.findall(r" ?[^\\W\\d_]+| ?\\d+| ?(?:[^\\s\\w]|_)+|\\s+(?!\\S)|\\s+", text)
