"""错：块以空白或标点结尾就全部交出去，以为只有字母会接着来。"""

from CS336.exercises.solutions.ex03_encode import WORD, decode, encode_word  # noqa: F401

HINT = "以为词写完了"


def encode_stream(chunks, merges):
    held = ""
    for chunk in chunks:
        words = WORD.findall(held + chunk)
        held = words.pop() if words and words[-1][-1].isalpha() else ""
        for word in words:
            yield from encode_word(word, merges)
    yield from encode_word(held, merges)
