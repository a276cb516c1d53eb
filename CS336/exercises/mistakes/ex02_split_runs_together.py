"""错：加号把挨在一起的特殊词元并成了一段。"""

import re

from CS336.exercises.solutions.ex02_pretokens import count_words, pretokenize  # noqa: F401

HINT = "各成一段"


def split_specials(text, specials):
    if not specials:
        return [text] if text else []
    pattern = "|".join(map(re.escape, sorted(specials, key=len, reverse=True)))
    return [piece for piece in re.split(f"((?:{pattern})+)", text) if piece]
