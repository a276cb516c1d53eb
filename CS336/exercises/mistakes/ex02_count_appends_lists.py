"""错：每一段的词用 append 接上，成了一列列表，不能当键。"""

from CS336.exercises.solutions.ex02_pretokens import pretokenize, split_specials

HINT = "用 extend 或 += 接上，不用 append"


def count_words(text, specials):
    words = []
    for piece in split_specials(text, specials):
        if piece not in specials:
            words.append(pretokenize(piece))
    return {word: words.count(word) for word in words}
