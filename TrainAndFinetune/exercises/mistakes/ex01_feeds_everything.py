"""错：有了缓存，每步还是喂整句。"""

from TrainAndFinetune.exercises.solutions.ex01_kv_cache import Cache, cache_bytes, positions, visible  # noqa: F401

HINT = "喂过的又喂了一遍"


def greedy(feed, prompt, count, end):
    ids = list(prompt)
    for _ in range(count):
        logits = feed(ids, list(range(len(ids))))
        ids.append(logits.index(max(logits)))
        if ids[-1] == end:
            break
    return ids[len(prompt) :]
