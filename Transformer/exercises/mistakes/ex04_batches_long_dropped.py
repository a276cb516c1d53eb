"""错：太长的句子不要了。"""

from Transformer.exercises.solutions.ex04_training import noam, shift, smoothed_loss  # noqa: F401

HINT = "单独成一批"


def batches_by_tokens(lengths, max_tokens):
    batches = []
    for i in sorted((i for i in range(len(lengths)) if lengths[i] <= max_tokens), key=lambda i: lengths[i]):
        if batches and (len(batches[-1]) + 1) * lengths[i] <= max_tokens:
            batches[-1].append(i)
        else:
            batches.append([i])
    return batches
