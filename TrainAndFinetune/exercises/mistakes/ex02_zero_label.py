"""错：用 0 当不学的标签。"""

from TrainAndFinetune.exercises.solutions.ex02_label_mask import masked_loss, truncate  # noqa: F401

HINT = "0 是一个真的词元"
IGNORE = -100


def build_labels(segments):
    ids = [token for tokens, _ in segments for token in tokens]
    return ids, [token if is_answer else 0 for tokens, is_answer in segments for token in tokens]
