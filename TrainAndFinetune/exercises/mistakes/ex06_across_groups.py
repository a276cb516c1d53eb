"""沿着题目平均：把不同题的第 i 个答案当成一组。"""

from torch import Tensor
from torch.nn.functional import logsigmoid

HINT = "挨着的"


def sequence_log_probs(log_probs: Tensor, mask: Tensor) -> Tensor:
    return (log_probs * mask).sum(-1)


def implicit_reward(policy: Tensor, reference: Tensor, beta: float) -> Tensor:
    return beta * (policy - reference)


def dpo_loss(
    chosen: Tensor, rejected: Tensor, reference_chosen: Tensor, reference_rejected: Tensor, beta: float
) -> Tensor:
    better = implicit_reward(chosen, reference_chosen, beta)
    worse = implicit_reward(rejected, reference_rejected, beta)
    return -logsigmoid(better - worse).mean()


def group_advantages(rewards: Tensor, group: int) -> Tensor:
    groups = rewards.view(group, -1)
    centred = groups - groups.mean(0, keepdim=True)
    return (centred / (groups.std(0, keepdim=True) + 1e-4)).reshape(-1)
