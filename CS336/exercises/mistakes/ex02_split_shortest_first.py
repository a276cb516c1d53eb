"""错：短的排在前面，长的永远轮不到。"""

import re

from CS336.exercises.solutions.ex02_pretokens import count_words, pretokenize  # noqa: F401

HINT = "先试了短的"


def split_specials(text, specials):
    if not specials:
        return [text] if text else []
    pattern = "|".join(map(re.escape, sorted(specials, key=len)))
    return [piece for piece in re.split(f"({pattern})", text) if piece]
