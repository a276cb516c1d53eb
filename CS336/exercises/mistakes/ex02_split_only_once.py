"""错：partition 只切第一处。"""

from CS336.exercises.solutions.ex02_pretokens import count_words, pretokenize  # noqa: F401

HINT = "只切了第一处"


def split_specials(text, specials):
    places = [(text.find(special), -len(special), special) for special in specials if special in text]
    if not places:
        return [text] if text else []
    return [piece for piece in text.partition(min(places)[2]) if piece]
