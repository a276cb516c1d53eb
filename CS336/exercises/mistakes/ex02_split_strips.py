"""错：每一段都去掉了两头的空白。"""

import re

from CS336.exercises.solutions.ex02_pretokens import count_words, pretokenize  # noqa: F401

HINT = "特殊词元两边的空白丢了"


def split_specials(text, specials):
    if not specials:
        return [text] if text else []
    pattern = "|".join(map(re.escape, sorted(specials, key=len, reverse=True)))
    return [piece.strip() for piece in re.split(f"({pattern})", text) if piece.strip()]
