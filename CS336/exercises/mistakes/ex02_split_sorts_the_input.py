"""错：用 sort() 把别人的列表改了。"""

import re

from CS336.exercises.solutions.ex02_pretokens import count_words, pretokenize  # noqa: F401

HINT = "sort() 改了传进来的 specials"


def split_specials(text, specials):
    if not specials:
        return [text] if text else []
    specials.sort(key=len, reverse=True)
    pattern = "|".join(map(re.escape, specials))
    return [piece for piece in re.split(f"({pattern})", text) if piece]
