"""错：softmax 沿第 0 维。"""

from CS336.exercises.solutions.ex06_loss_and_step import adamw_step, bits_per_byte, perplexity  # noqa: F401

HINT = "softmax 沿了第 0 维"


def cross_entropy(logits, targets):
    dim = 0 if len(logits) > 1 else -1
    shifted = logits - logits.amax(dim, keepdim=True)
    log_probs = shifted - shifted.exp().sum(dim, keepdim=True).log()
    return -log_probs.gather(-1, targets[..., None]).mean()
