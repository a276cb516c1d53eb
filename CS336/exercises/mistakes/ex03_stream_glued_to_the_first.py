"""错：每一块先切成词，再把留下的接在第一个词上：接起来的也许不是一个词。"""

from CS336.exercises.solutions.ex03_encode import WORD, decode, encode_word  # noqa: F401

HINT = "先接起来（held + chunk），再切"


def encode_stream(chunks, merges):
    held = ""
    for chunk in chunks:
        words = WORD.findall(chunk)
        if words:
            words[0] = held + words[0]
            held = words.pop()
        for word in words:
            yield from encode_word(word, merges)
    yield from encode_word(held, merges)
