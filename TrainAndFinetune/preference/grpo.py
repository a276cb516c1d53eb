"""GRPO：同一道题写一组答案，比这一组的平均好就加强，差就减弱；不需要价值网络。

教什么：组内归一化的优势；裁剪的比值；到参考的 KL（k3）；每个词元的权重怎样分：GRPO、Dr. GRPO、DAPO 各一种。
不教什么：怎样写答案、怎样判分、训练循环（`policy.py`、`sorting.py`、`lab_grpo.py`）。
怎么跑：被别的脚本导入；`python -m doctest TrainAndFinetune/preference/grpo.py` 跑里面的例子。
对应笔记：`9_preference.md`。
"""

from dataclasses import dataclass

import torch
from torch import Tensor

BASELINES = ("group", "none")
LENGTHS = ("response", "batch", "constant")


@dataclass(frozen=True)
class GRPOConfig:
    """GRPO 的旋钮；默认是原论文的（Shao et al. 2024，4.1 节），Dr. GRPO 是 scale=False、length="constant"。"""

    group: int = 8  # 一道题写几个答案
    clip: float = 0.2  # 比值超出 [1-clip, 1+clip] 就不再加强
    beta: float = 0.02  # KL 的系数；0 关掉
    baseline: str = "group"  # 减去组平均；none 不减（反例）
    scale: bool = True  # 再除以组的标准差
    length: str = "response"  # 词元怎样平均，见 `reduce_tokens`
    longest: int = 8  # 允许的最长答案，length="constant" 时除以它

    def __post_init__(self):
        if self.group < 2:
            raise ValueError(f"group={self.group} 至少 2：只有一个答案，减去组平均就是 0。试试 group=8")
        if self.clip <= 0 or self.beta < 0:
            raise ValueError(f"clip={self.clip} 要大于 0，beta={self.beta} 不能是负的。试试 clip=0.2、beta=0.02")
        if self.baseline not in BASELINES or self.length not in LENGTHS:
            raise ValueError(f"baseline={self.baseline!r} 取自 {BASELINES}，length={self.length!r} 取自 {LENGTHS}")


def group_advantages(rewards: Tensor, config: GRPOConfig) -> Tensor:
    """每个答案的优势：rewards (B·G,)，同一道题的 G 个挨着 -> (B·G,)。

    A = (r - 组平均) / (组标准差 + 1e-4)    式 (9.6)；一组全对或全错时是 0，这道题什么也不教。

    >>> group_advantages(torch.tensor([1.0, 0.0, 0.0, 0.0]), GRPOConfig(group=4, scale=False))
    tensor([ 0.7500, -0.2500, -0.2500, -0.2500])
    """
    if len(rewards) % config.group:
        raise ValueError(f"{len(rewards)} 个奖励分不成每组 {config.group} 个：同一道题的答案要全在这一批里")
    groups = rewards.float().view(-1, config.group)  # (B·G,) -> (B, G)
    if config.baseline == "group":
        groups = groups - groups.mean(-1, keepdim=True)
    if config.scale:
        groups = groups / (groups.std(-1, keepdim=True) + 1e-4)
    return groups.reshape(-1)  # (B, G) -> (B·G,)


def k3(log_probs: Tensor, reference: Tensor) -> Tensor:
    """逐词元的 KL(π‖π_ref) 估计 e^d - d - 1，d = ln π_ref - ln π；(…) -> (…)，恒不小于 0（Schulman 2020）。

    对 π 抽的词元取平均，等于真的 KL；单看一个词元，比 -d 的波动小。

    >>> k3(torch.tensor([-1.0, -1.0]), torch.tensor([-1.0, -2.0]))
    tensor([0.0000, 0.3679])
    """
    d = reference - log_probs
    return d.exp() - d - 1


def clipped_objective(log_probs: Tensor, old: Tensor, advantages: Tensor, clip: float) -> Tensor:
    """min(ρA, clip(ρ)A)，ρ = π/π_old；log_probs、old (N, T)，advantages (N,) -> (N, T)    式 (9.7)。

    A > 0 时 ρ 到 1+clip 为止，A < 0 时到 1-clip 为止；往回走的方向不裁，走错了还能回来。
    """
    ratio = (log_probs - old).exp()
    advantages = advantages[:, None]  # (N,) -> (N, 1)：一个答案的全部词元用同一个优势
    return torch.minimum(ratio * advantages, ratio.clamp(1 - clip, 1 + clip) * advantages)


def reduce_tokens(values: Tensor, mask: Tensor, length: str, longest: int) -> Tensor:
    """(N, T) 的逐词元的量 -> 标量；mask 是答案的位置，longest 是允许的最长答案。

    response：每个答案先除以自己的长度，再平均（GRPO）。长答案的每个词元分到的少：又长又错罚得轻。
    batch：全部词元一起平均（DAPO）。长答案的词元多，分量就重。
    constant：每个答案除以同一个 longest（Dr. GRPO）。每个词元的分量与长度无关，是策略梯度本来的样子。

    >>> values, mask = torch.tensor([[1.0, 0.0], [1.0, 1.0]]), torch.tensor([[1.0, 0.0], [1.0, 1.0]])
    >>> [round(reduce_tokens(values * torch.tensor([[1.0], [-1.0]]), mask, kind, 4).item(), 4) for kind in LENGTHS]
    [0.0, -0.3333, -0.125]
    """
    if length == "response":
        return ((values * mask).sum(-1) / mask.sum(-1).clamp(min=1)).mean()
    if length == "batch":
        return (values * mask).sum() / mask.sum().clamp(min=1)
    return ((values * mask).sum(-1) / longest).mean()


def grpo_loss(
    *, log_probs: Tensor, old: Tensor, reference: Tensor, advantages: Tensor, mask: Tensor, config: GRPOConfig
) -> tuple[Tensor, dict[str, float]]:
    """GRPO 的损失与要盯着的量。log_probs、old、reference、mask (N, T)，advantages (N,)；old 与 reference 不带梯度。"""
    objective = clipped_objective(log_probs, old, advantages, config.clip)  # (N, T)
    penalty = k3(log_probs, reference)  # (N, T)
    loss = -reduce_tokens(objective - config.beta * penalty, mask, config.length, config.longest)
    with torch.no_grad():
        outside = (((log_probs - old).exp() - 1).abs() > config.clip) * mask
        watched = {
            "kl": ((penalty * mask).sum(-1)).mean().item(),  # 每个答案，nat
            "outside": (outside.sum() / mask.sum()).item(),  # 比值出了界的词元占几成
        }
    return loss, watched
