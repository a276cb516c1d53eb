"""DPO：不训练奖励模型，直接从“这个比那个好”学。

教什么：答案的对数概率怎样只数答案；隐含的奖励；损失、β、梯度的方向；参考模型的对数概率为什么能提前算好。
不教什么：成对的数据从哪里来、训练循环（`lab_dpo.py`）。
怎么跑：被别的脚本导入；`python -m doctest TrainAndFinetune/preference/dpo.py` 跑里面的例子。
对应笔记：`9_preference.md`。
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import logsigmoid

IGNORED = -100  # 标签里不算的位置：提示词与填充


@dataclass(frozen=True)
class DPOConfig:
    """DPO 的两个旋钮。"""

    beta: float = 0.1  # 离开参考模型的代价：越大越不敢动
    learning_rate: float = 2e-4

    def __post_init__(self):
        if self.beta <= 0:
            raise ValueError(f"beta={self.beta} 必须大于 0：beta=0 时损失恒为 ln 2，梯度是 0。试试 beta=0.1")


def token_log_probs(logits: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """每个答案词元的对数概率与掩码：logits (B, T, V)，labels (B, T) -> 两个 (B, T-1)，不算的位置是 0。

    位置 t 的 logits 猜的是 t+1：所以 logits 去掉最后一个，labels 去掉第一个。

    >>> values, mask = token_log_probs(torch.zeros(1, 3, 4), torch.tensor([[-100, 2, 3]]))
    >>> values, mask
    (tensor([[-1.3863, -1.3863]]), tensor([[1., 1.]]))
    """
    logits, labels = logits[:, :-1], labels[:, 1:]  # (B, T, V) -> (B, T-1, V)；(B, T) -> (B, T-1)
    mask = labels != IGNORED
    chosen = labels.masked_fill(~mask, 0)[..., None]  # (B, T-1) -> (B, T-1, 1)；-100 不能当下标，随便指一个
    values = logits.float().log_softmax(-1).gather(-1, chosen)[..., 0]  # (B, T-1, V) -> (B, T-1)
    return values * mask, mask.float()


def sequence_log_probs(model: nn.Module, batch: dict[str, Tensor]) -> Tensor:
    """整个答案的对数概率 ln π(y|x) -> (B,)，单位 nat：各词元相加，不除以长度。

    batch 是 `tuning` 的 `collate` 给的三样，各 (B, T)：input_ids、attention_mask、labels（答案之外 -100）。
    """
    logits = model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]).logits  # (B, T, V)
    return token_log_probs(logits, batch["labels"])[0].sum(-1)


@torch.no_grad()
def reference_log_probs(model: nn.Module, batches: list[dict[str, Tensor]]) -> list[Tensor]:
    """参考模型对每一批的 ln π_ref(y|x)。参考不变，所以训练之前算一次，训练时内存里只有一个模型。"""
    return [sequence_log_probs(model, batch) for batch in batches]


def implicit_reward(policy: Tensor, reference: Tensor, beta: float) -> Tensor:
    """隐含的奖励 r̂ = β (ln π - ln π_ref)，(B,) -> (B,)；只差一个与答案无关的 β ln Z(x)    式 (9.3)。

    >>> implicit_reward(torch.tensor([-2.0]), torch.tensor([-3.0]), beta=0.5)
    tensor([0.5000])
    """
    return beta * (policy - reference)


def dpo_loss(
    *, chosen: Tensor, rejected: Tensor, reference_chosen: Tensor, reference_rejected: Tensor, beta: float
) -> tuple[Tensor, Tensor]:
    """DPO 的损失（标量，nat）与每对的奖励差 (B,)。四个输入都是 (B,) 的 ln π(y|x)（Rafailov et al. 2023，式 7）。

    >>> same = torch.tensor([-3.0, -5.0])
    >>> loss, margin = dpo_loss(chosen=same, rejected=same, reference_chosen=same, reference_rejected=same, beta=0.1)
    >>> round(loss.item(), 4)  # 与参考相同：ln 2
    0.6931
    """
    better = implicit_reward(chosen, reference_chosen, beta)
    worse = implicit_reward(rejected, reference_rejected, beta)
    margin = better - worse  # (B,)
    # logsigmoid 而不是 sigmoid().log()：差到 -200 时后者是 ln 0 = -inf
    return -logsigmoid(margin).mean(), margin.detach()
