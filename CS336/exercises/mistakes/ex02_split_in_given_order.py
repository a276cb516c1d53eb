"""错：没有排长短，谁在前先试谁。"""

import re

from CS336.exercises.solutions.ex02_pretokens import count_words, pretokenize  # noqa: F401

HINT = "没有先试长的"


def split_specials(text, specials):
    if not specials:
        return [text] if text else []
    pattern = "|".join(map(re.escape, specials))
    return [piece for piece in re.split(f"({pattern})", text) if piece]
