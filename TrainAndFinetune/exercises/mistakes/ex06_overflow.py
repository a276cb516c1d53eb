"""先 sigmoid 再取对数：差很大时是 inf。"""

import torch
from torch import Tensor

HINT = "不要先 sigmoid 再取对数"


def sequence_log_probs(log_probs: Tensor, mask: Tensor) -> Tensor:
    return (log_probs * mask).sum(-1)


def implicit_reward(policy: Tensor, reference: Tensor, beta: float) -> Tensor:
    return beta * (policy - reference)


def dpo_loss(
    chosen: Tensor, rejected: Tensor, reference_chosen: Tensor, reference_rejected: Tensor, beta: float
) -> Tensor:
    better = implicit_reward(chosen, reference_chosen, beta)
    worse = implicit_reward(rejected, reference_rejected, beta)
    return -torch.sigmoid(better - worse).log().mean()


def group_advantages(rewards: Tensor, group: int) -> Tensor:
    groups = rewards.view(-1, group)  # (B·G,) -> (B, G)
    centred = groups - groups.mean(-1, keepdim=True)
    return (centred / (groups.std(-1, keepdim=True) + 1e-4)).reshape(-1)
