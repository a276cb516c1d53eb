"""β 乘在 σ 外面。"""

from torch import Tensor
from torch.nn.functional import logsigmoid

HINT = "β 在 σ 里面"


def sequence_log_probs(log_probs: Tensor, mask: Tensor) -> Tensor:
    return (log_probs * mask).sum(-1)


def implicit_reward(policy: Tensor, reference: Tensor, beta: float) -> Tensor:
    return beta * (policy - reference)


def dpo_loss(
    chosen: Tensor, rejected: Tensor, reference_chosen: Tensor, reference_rejected: Tensor, beta: float
) -> Tensor:
    margin = (chosen - reference_chosen) - (rejected - reference_rejected)
    return -beta * logsigmoid(margin).mean()


def group_advantages(rewards: Tensor, group: int) -> Tensor:
    groups = rewards.view(-1, group)  # (B·G,) -> (B, G)
    centred = groups - groups.mean(-1, keepdim=True)
    return (centred / (groups.std(-1, keepdim=True) + 1e-4)).reshape(-1)
