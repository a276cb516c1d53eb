"""错：学的是提示。"""

from TrainAndFinetune.exercises.solutions.ex02_label_mask import masked_loss, truncate  # noqa: F401

HINT = "反了：要学的是答案"
IGNORE = -100


def build_labels(segments):
    ids = [token for tokens, _ in segments for token in tokens]
    return ids, [IGNORE if is_answer else token for tokens, is_answer in segments for token in tokens]
