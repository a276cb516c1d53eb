"""错：装的是长度，不是下标。"""

from Transformer.exercises.solutions.ex04_training import noam, shift, smoothed_loss  # noqa: F401

HINT = "装的是下标，不是长度"


def batches_by_tokens(lengths, max_tokens):
    batches = []
    for i in sorted(range(len(lengths)), key=lambda i: lengths[i]):
        if batches and (len(batches[-1]) + 1) * lengths[i] <= max_tokens:
            batches[-1].append(lengths[i])
        else:
            batches.append([lengths[i]])
    return batches
