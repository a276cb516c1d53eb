"""标准差没有加 1e-4：全对的组是 0/0。"""

from torch import Tensor
from torch.nn.functional import logsigmoid

HINT = "标准差是 0，要加 1e-4"


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
    groups = rewards.view(-1, group)
    return ((groups - groups.mean(-1, keepdim=True)) / groups.std(-1, keepdim=True)).reshape(-1)
