"""错：改动了传进来的片段。"""

from TrainAndFinetune.exercises.solutions.ex02_label_mask import masked_loss, truncate  # noqa: F401

HINT = "改动了传进来的片段"
IGNORE = -100


def build_labels(segments):
    ids = segments[0][0]
    labels = [IGNORE] * len(ids)
    for tokens, is_answer in segments[1:]:
        ids += tokens
        labels += tokens if is_answer else [IGNORE] * len(tokens)
    return ids, labels
