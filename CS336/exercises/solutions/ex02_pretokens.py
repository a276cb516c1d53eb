"""ex02 的答案。"""

import re
from collections import Counter

# 依次试：词前面至多一个空格；空白后面还有字时 \s+(?!\S) 会退一格，留下最后一个
WORD = re.compile(r" ?[^\W\d_]+| ?\d+| ?(?:[^\s\w]|_)+|\s+(?!\S)|\s+")


def split_specials(text, specials):
    if not specials:  # 空的括号 () 处处都能匹配
        return [text] if text else []
    longest_first = sorted(specials, key=len, reverse=True)
    pattern = "|".join(map(re.escape, longest_first))
    return [piece for piece in re.split(f"({pattern})", text) if piece]  # 有括号，分隔的东西才留下


def pretokenize(text):
    return WORD.findall(text)


def count_words(text, specials):
    counts = Counter()
    for piece in split_specials(text, specials):
        if piece not in specials:
            counts.update(pretokenize(piece))
    return counts
