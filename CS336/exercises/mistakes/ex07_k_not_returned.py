"""错：忘了 return。"""

from CS336.exercises.solutions.ex07_sampling import min_p, sample, top_p  # noqa: F401

HINT = "忘了 return"


def top_k(probs, k):
    order = probs.argsort(dim=-1, descending=True, stable=True)[..., :k]
    probs.gather(-1, order)
