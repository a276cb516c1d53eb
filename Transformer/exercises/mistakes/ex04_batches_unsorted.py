"""错：没有先排序。"""

from Transformer.exercises.solutions.ex04_training import noam, shift, smoothed_loss  # noqa: F401

HINT = "没有先按长度排"


def batches_by_tokens(lengths, max_tokens):
    batches, longest = [], 0
    for i, length in enumerate(lengths):
        if batches and (len(batches[-1]) + 1) * max(longest, length) <= max_tokens:
            batches[-1].append(i)
            longest = max(longest, length)
        else:
            batches.append([i])
            longest = length
    return batches
