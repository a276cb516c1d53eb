"""每个词元取平均：长短不同的答案混成一样。"""

from torch import Tensor
from torch.nn.functional import logsigmoid

HINT = "不除以长度"


def sequence_log_probs(log_probs: Tensor, mask: Tensor) -> Tensor:
    return (log_probs * mask).sum(-1) / mask.sum(-1)


def implicit_reward(policy: Tensor, reference: Tensor, beta: float) -> Tensor:
    return beta * (policy - reference)


def dpo_loss(
    chosen: Tensor, rejected: Tensor, reference_chosen: Tensor, reference_rejected: Tensor, beta: float
) -> Tensor:
    better = implicit_reward(chosen, reference_chosen, beta)
    worse = implicit_reward(rejected, reference_rejected, beta)
    return -logsigmoid(better - worse).mean()


def group_advantages(rewards: Tensor, group: int) -> Tensor:
    groups = rewards.view(-1, group)  # (B·G,) -> (B, G)
    centred = groups - groups.mean(-1, keepdim=True)
    return (centred / (groups.std(-1, keepdim=True) + 1e-4)).reshape(-1)
