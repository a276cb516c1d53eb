"""错：第三轮起的答案不学。"""

from TrainAndFinetune.exercises.solutions.ex02_label_mask import masked_loss, truncate  # noqa: F401

HINT = "没有算损失：模型学不会停"
IGNORE = -100


def build_labels(segments):
    ids, labels = [], []
    for k, (tokens, is_answer) in enumerate(segments):
        ids += tokens
        labels += tokens if is_answer and k < 5 else [IGNORE] * len(tokens)
    return ids, labels
