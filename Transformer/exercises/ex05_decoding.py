"""ex05 生成：长度惩罚、top-p、束搜索的一步、缓存的重排与一步注意力，自己写一遍。

级别：手算 + 补全。先读：`6_inference.md`。
检查：`pytest Transformer/exercises/check_ex05.py`

记号与笔记相同：B 句，每句同时留 K 条，词表 V 个词；缓存的第 0 维是 B·K 行，第 b 句的第 i 条在第 b·K + i 行。
"""

from torch import Tensor


def length_penalty(log_prob: float, length: int, alpha: float) -> float:
    """手算：长度惩罚之后的分数 log P / ((5 + n) / 6)^α，n = length 含 EOS    式 (6.2)

    先在纸上算：log P = -2，n = 7，α = 1：(5 + 7) / 6 = 2，所以是 -1。

    >>> length_penalty(-2.0, 7, 1.0)
    -1.0
    """
    raise NotImplementedError


def top_p_filter(probabilities: Tensor, p: float) -> Tensor:
    """补全：核采样。probabilities (N, V) 每行和为 1，0 < p <= 1；返回 (N, V)，不改动传进来的。

    每行从大到小加起来，留下合计到 p 的最少几个，其余变 0，留下的重新归一化。词的次序不变。

    先在纸上算 (0.1, 0.4, 0.2, 0.3)、p = 0.65：0.4 不够，0.4 + 0.3 够了，留这两个，各除以 0.7。

    >>> import torch
    >>> top_p_filter(torch.tensor([[0.1, 0.4, 0.2, 0.3]]), 0.65)
    tensor([[0.0000, 0.5714, 0.0000, 0.4286]])
    """
    raise NotImplementedError


def first_scores(batch: int, beam: int) -> Tensor:
    """手算：第一步之前各条的总分 (B, K)。

    这时 K 条都只有 <bos>，一模一样。想一想：都给 0 分，第一步的前 K 名会是什么？只让一条活着，它占第 0 个位置。

    >>> first_scores(1, 3)
    tensor([[0., -inf, -inf]])
    """
    raise NotImplementedError


def beam_step(scores: Tensor, log_probs: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """补全：束搜索的一步（先不管 EOS）。scores (B, K) 是各条的总分，log_probs (B, K, V) 是下一个词的对数概率。

    每句的 K·V 个接法里取总分最大的 K 个，从好到差。返回 (scores, parent, word)，都是 (B, K)：
    新的总分；接在本句的第几条后面（0 到 K-1）；接的是哪个词（0 到 V-1）。

    先手算：两条的概率 0.6、0.4；第 0 条后面 (0.4, 0.3, 0.2, 0.1)，第 1 条后面 (0.05, 0.03, 0.9, 0.02)。
    八个乘积是 0.24、0.18、0.12、0.06、0.02、0.012、0.36、0.008，前两名 0.36（第 1 条接词 2）与 0.24（第 0 条接词 0）。

    >>> import torch
    >>> after = torch.tensor([[[0.4, 0.3, 0.2, 0.1], [0.05, 0.03, 0.9, 0.02]]])
    >>> scores, parent, word = beam_step(torch.tensor([[0.6, 0.4]]).log(), after.log())
    >>> scores.exp(), parent, word
    (tensor([[0.3600, 0.2400]]), tensor([[1, 0]]), tensor([[2, 0]]))
    """
    raise NotImplementedError


def reorder(cache: Tensor, parent: Tensor) -> Tensor:
    """补全：缓存跟着换行。cache (B·K, H, T, D)，parent (B, K) 是 `beam_step` 给的；返回同样形状的新张量。

    新的第 b·K + i 行，是旧的第 b·K + parent[b, i] 行。

    >>> import torch
    >>> reorder(torch.arange(4.0).view(4, 1, 1, 1), torch.tensor([[1, 1], [0, 1]])).flatten()
    tensor([1., 1., 2., 3.])
    """
    raise NotImplementedError


def cached_attention(
    q: Tensor, k: Tensor, v: Tensor, cache: tuple[Tensor, Tensor] | None
) -> tuple[Tensor, tuple[Tensor, Tensor]]:
    """补全：用缓存算一个新词的自注意力。q、k、v (B, H, 1, D) 是新词的；cache 是 (键, 值)，各 (B, H, t, D)，或 None。

    新词的键、值接在缓存后面，新词看全部 t + 1 个。返回 (输出 (B, H, 1, D), 新的缓存，各 (B, H, t + 1, D))。

    >>> import torch
    >>> one = torch.ones(1, 1, 1, 2)
    >>> out, cache = cached_attention(one, one, one, None)
    >>> out, cache = cached_attention(one, one, 3 * one, cache)  # 两个键相同，值 1 与 3 各占一半
    >>> out.flatten(), cache[1].shape
    (tensor([2., 2.]), torch.Size([1, 1, 2, 2]))
    """
    raise NotImplementedError
