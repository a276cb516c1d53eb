"""只比策略的对数概率，参考没有用。"""

from torch import Tensor
from torch.nn.functional import logsigmoid

HINT = "参考没有起作用"


def sequence_log_probs(log_probs: Tensor, mask: Tensor) -> Tensor:
    return (log_probs * mask).sum(-1)


def implicit_reward(policy: Tensor, reference: Tensor, beta: float) -> Tensor:
    return beta * (policy - reference)


def dpo_loss(
    chosen: Tensor, rejected: Tensor, reference_chosen: Tensor, reference_rejected: Tensor, beta: float
) -> Tensor:
    return -logsigmoid(beta * (chosen - rejected)).mean()


def group_advantages(rewards: Tensor, group: int) -> Tensor:
    groups = rewards.view(-1, group)  # (B·G,) -> (B, G)
    centred = groups - groups.mean(-1, keepdim=True)
    return (centred / (groups.std(-1, keepdim=True) + 1e-4)).reshape(-1)
