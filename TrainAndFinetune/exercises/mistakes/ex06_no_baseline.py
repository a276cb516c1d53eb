"""没有减去组平均：错的答案也不罚。"""

from torch import Tensor
from torch.nn.functional import logsigmoid

HINT = "没有减去"


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
    return (groups / (groups.std(-1, keepdim=True) + 1e-4)).reshape(-1)
