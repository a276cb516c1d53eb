"""错：一个一个特殊词元地切全文，右边的长的抢在了左边的短的前面。"""

import re

from CS336.exercises.solutions.ex02_pretokens import count_words, pretokenize  # noqa: F401

HINT = "同一个地方才比长短"


def split_specials(text, specials):
    pieces = [text] if text else []
    for special in sorted(specials, key=len, reverse=True):
        parts = []
        for piece in pieces:
            parts += [piece] if piece in specials else re.split(f"({re.escape(special)})", piece)
        pieces = [part for part in parts if part]
    return pieces
