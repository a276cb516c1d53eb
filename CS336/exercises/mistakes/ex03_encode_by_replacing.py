"""错：用空格隔开再替换，xa b 的末尾也是 a b。"""

from CS336.exercises.solutions.ex03_encode import decode, encode_stream  # noqa: F401

HINT = "用文字替换来合并"


def encode_word(word, merges):
    text = b"\0".join(bytes([byte]) for byte in word.encode("utf-8"))
    for left, right in merges:
        text = text.replace(left + b"\0" + right, left + right)
    return text.split(b"\0") if text else []
