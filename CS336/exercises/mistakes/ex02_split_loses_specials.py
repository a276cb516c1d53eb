"""错：re.split 的式子没有括号。"""

import re

from CS336.exercises.solutions.ex02_pretokens import count_words, pretokenize  # noqa: F401

HINT = "外面加一层括号"


def split_specials(text, specials):
    if not specials:
        return [text] if text else []
    pattern = "|".join(map(re.escape, sorted(specials, key=len, reverse=True)))
    return [piece for piece in re.split(pattern, text) if piece]
