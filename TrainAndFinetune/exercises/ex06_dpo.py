"""ex06 DPO 与 GRPO：答案的对数概率、隐含的奖励、损失的符号、组内的优势，自己写一遍。

级别：手算 + 补全。先读：`9_preference.md`。
检查：`pytest TrainAndFinetune/exercises/check_ex06.py`

对数都是自然对数，单位是 nat。下标 w 是好的答案（chosen），l 是差的（rejected）。
"""

# ruff: noqa: F401  做题时用得到的导入
import torch
from torch import Tensor
from torch.nn.functional import logsigmoid


def sequence_log_probs(log_probs: Tensor, mask: Tensor) -> Tensor:
    """补全：整个答案的 ln π(y|x)，(B, T)、(B, T) -> (B,)。

    log_probs 是每个词元的对数概率；mask 里 1 是答案，0 是题目与填充。概率是各词元相乘，所以对数是相加；题目与填充不算。

    >>> import torch
    >>> sequence_log_probs(torch.tensor([[-9.0, -1.0, -2.0]]), torch.tensor([[0.0, 1.0, 1.0]]))
    tensor([-3.])
    """
    raise NotImplementedError


def implicit_reward(policy: Tensor, reference: Tensor, beta: float) -> Tensor:
    """手算：r̂ = β ln(π / π_ref)。policy、reference 是 (B,) 的 ln π、ln π_ref -> (B,)。

    先手算：ln π = -2，ln π_ref = -3，β = 0.5：比参考更愿意写它，奖励是正的。

    >>> import torch
    >>> implicit_reward(torch.tensor([-2.0]), torch.tensor([-3.0]), 0.5)
    tensor([0.5000])
    """
    raise NotImplementedError


def dpo_loss(
    chosen: Tensor, rejected: Tensor, reference_chosen: Tensor, reference_rejected: Tensor, beta: float
) -> Tensor:
    """补全：-ln σ(r̂_w - r̂_l)，对一批求平均；四个输入都是 (B,) 的 ln π(y|x) -> 标量。

    先想：策略等于参考时，两个奖励都是 0，损失是几？要减小损失，好的答案的概率应当往哪边走？
    差到 -1000 时也要是有限的数：σ(-1000) 在 float32 里是 0，ln 0 是 -inf。

    >>> import torch
    >>> x = torch.tensor([-3.0, -5.0])
    >>> dpo_loss(x, x, x, x, 0.1)
    tensor(0.6931)
    """
    raise NotImplementedError


def group_advantages(rewards: Tensor, group: int) -> Tensor:
    """补全：GRPO 的优势，(B·G,) -> (B·G,)。同一道题的 G 个奖励挨着。

    减去这一组的平均，再除以（这一组的标准差 + 1e-4）；标准差用 torch 的默认（除以 G - 1）。
    一组的奖励全一样时，优势是 0。

    >>> import torch
    >>> group_advantages(torch.tensor([1.0, 0.0, 1.0, 1.0]), 2)
    tensor([ 0.7070, -0.7070,  0.0000,  0.0000])
    """
    raise NotImplementedError
