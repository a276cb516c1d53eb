"""错：只数真词，没算补齐。"""

from Transformer.exercises.solutions.ex04_training import noam, shift, smoothed_loss  # noqa: F401

HINT = "不是各句长度之和"


def batches_by_tokens(lengths, max_tokens):
    batches = []
    for i in sorted(range(len(lengths)), key=lambda i: lengths[i]):
        if batches and sum(lengths[j] for j in batches[-1]) + lengths[i] <= max_tokens:
            batches[-1].append(i)
        else:
            batches.append([i])
    return batches
