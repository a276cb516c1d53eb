"""错：普通的 dict 里第一次见到的词没有初值。"""

from CS336.exercises.solutions.ex02_pretokens import pretokenize, split_specials

HINT = "第一次见到要从 0 数起"


def count_words(text, specials):
    counts = {}
    for piece in split_specials(text, specials):
        if piece not in specials:
            for word in pretokenize(piece):
                counts[word] += 1
    return counts
