"""错：用 finditer 一处一处地装，最后一处后面的文字忘了。"""

import re

from CS336.exercises.solutions.ex02_pretokens import count_words, pretokenize  # noqa: F401

HINT = "循环完了，手里还有一段没有装"


def split_specials(text, specials):
    if not specials:
        return [text] if text else []
    pieces, start = [], 0
    for match in re.finditer("|".join(map(re.escape, sorted(specials, key=len, reverse=True))), text):
        pieces += [text[start : match.start()], match.group()]
        start = match.end()
    return [piece for piece in pieces if piece]
