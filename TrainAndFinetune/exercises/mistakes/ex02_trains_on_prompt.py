"""错：连提示一起学。"""

from TrainAndFinetune.exercises.solutions.ex02_label_mask import masked_loss, truncate  # noqa: F401

HINT = "连提示一起学了"
IGNORE = -100


def build_labels(segments):
    ids = [token for tokens, _ in segments for token in tokens]
    return ids, list(ids)
