"""错：见到结束符的编号就学。"""

from TrainAndFinetune.exercises.solutions.ex02_label_mask import masked_loss, truncate  # noqa: F401

HINT = "看它在不在答案里，别看编号"
IGNORE = -100


def build_labels(segments):
    ids, labels = [], []
    for tokens, is_answer in segments:
        ids += tokens
        labels += [token if is_answer or token == 5 else IGNORE for token in tokens]
    return ids, labels
