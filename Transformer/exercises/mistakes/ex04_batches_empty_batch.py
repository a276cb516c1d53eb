"""错：没有句子时给了一个空批。"""

from Transformer.exercises.solutions.ex04_training import noam, shift, smoothed_loss  # noqa: F401

HINT = "不是 [[]]"


def batches_by_tokens(lengths, max_tokens):
    batches = [] if lengths else [[]]
    for i in sorted(range(len(lengths)), key=lambda i: lengths[i]):
        if batches and (len(batches[-1]) + 1) * lengths[i] <= max_tokens:
            batches[-1].append(i)
        else:
            batches.append([i])
    return batches
