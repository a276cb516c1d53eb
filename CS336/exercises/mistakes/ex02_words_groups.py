"""错：findall 的式子里有括号。"""

import re

from CS336.exercises.solutions.ex02_pretokens import count_words, split_specials  # noqa: F401

HINT = "findall 的式子里有括号"


def pretokenize(text):
    return re.findall(r"( ?[^\W\d_]+)|( ?\d+)|( ?(?:[^\s\w]|_)+)|(\s+(?!\S)|\s+)", text)
