"""错：特殊词元直接放进正则，里面的竖线成了「或」。"""

import re

from CS336.exercises.solutions.ex02_pretokens import count_words, pretokenize  # noqa: F401

HINT = "先 re.escape"


def split_specials(text, specials):
    if not specials:
        return [text] if text else []
    pattern = "|".join(sorted(specials, key=len, reverse=True))
    return [piece for piece in re.split(f"({pattern})", text) if piece]
