"""错：用 \\w+ 当字母。"""

import re

from CS336.exercises.solutions.ex02_pretokens import count_words, split_specials  # noqa: F401

HINT = "三样都含"


def pretokenize(text):
    return re.findall(r" ?\w+| ?[^\s\w]+|\s+(?!\S)|\s+", text)
