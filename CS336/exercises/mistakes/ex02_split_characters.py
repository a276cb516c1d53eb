"""错：几个特殊词元放进了方括号，每个字符都成了一处切口。"""

import re

from CS336.exercises.solutions.ex02_pretokens import count_words, pretokenize  # noqa: F401

HINT = "里是一个一个的字符"


def split_specials(text, specials):
    if not specials:
        return [text] if text else []
    characters = "".join(map(re.escape, specials))
    return [piece for piece in re.split(f"([{characters}])", text) if piece]
