"""错：没有特殊词元时，空的式子处处都能匹配。"""

import re

from CS336.exercises.solutions.ex02_pretokens import count_words, pretokenize  # noqa: F401

HINT = "空的式子处处都能匹配"


def split_specials(text, specials):
    pattern = "|".join(map(re.escape, sorted(specials, key=len, reverse=True)))
    return [piece for piece in re.split(f"({pattern})", text) if piece]
