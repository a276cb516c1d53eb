"""错：用 str.split 切词。"""

from CS336.exercises.solutions.ex02_pretokens import count_words, split_specials  # noqa: F401

HINT = "split() 把它们都扔掉"


def pretokenize(text):
    return text.split()
