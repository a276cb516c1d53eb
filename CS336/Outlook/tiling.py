"""分块注意力的算法：在线 softmax、前向、重算的反向，以及两种写错的。

教什么：一块一块地算注意力，从不存下 T x T 的表；反向时把那张表再算一遍。
不教什么：GPU 内核。真正的 FlashAttention 让每一块留在片上内存里，这里只有它的次序与算术。
怎么跑：被 `flash_attention.py` 使用，没有命令行。
对应笔记：`outlook.md` 第 1 部分。
"""

import math

import torch
from torch import Tensor

BLOCK = 128


def online_softmax(scores: Tensor, values: Tensor, block: int) -> tuple[Tensor, list[tuple[float, float]]]:
    """一行分数 (T,) 的 softmax 加权平均，values 是 (T, D)，每次只看 block 个；返回 (D,) 与每块之后的 (m, l)。

    m 是见过的最大分数，l 是 Σ exp(s - m)（Milakov & Gimelshein 2018；加上 values 就是 FlashAttention）。

    >>> out, trace = online_softmax(torch.tensor([0.0, 1.0, 2.0]), torch.eye(3), block=2)
    >>> out
    tensor([0.0900, 0.2447, 0.6652])
    >>> [(m, round(l, 4)) for m, l in trace]
    [(1.0, 1.3679), (2.0, 1.5032)]
    """
    m, l = torch.tensor(-math.inf), torch.tensor(0.0)
    out, trace = torch.zeros(values.shape[-1]), []
    for s, v in zip(scores.split(block), values.split(block)):
        new = torch.maximum(m, s.max())
        shrink = torch.exp(m - new)  # 以前的项都是对旧的最大值算的：全部乘 exp(旧 - 新)
        weights = torch.exp(s - new)
        l = l * shrink + weights.sum()
        out = out * shrink + weights @ v  # (block,) @ (block, D) -> (D,)
        m = new
        trace.append((m.item(), l.item()))
    return out / l, trace


def plain_attention(q: Tensor, k: Tensor, v: Tensor, causal: bool = False) -> Tensor:
    """写开的注意力：softmax(q kᵀ / √D) v，(..., T, D) -> (..., T, D)；中间有两张 (..., T, T) 的表。"""
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])  # (..., T, D) @ (..., D, T) -> (..., T, T)
    if causal:
        T = q.shape[-2]
        scores = scores.masked_fill(~torch.ones(T, T, dtype=torch.bool, device=q.device).tril(), -math.inf)
    return torch.softmax(scores, dim=-1) @ v


def blocks(T: int, block: int) -> list[slice]:
    """把 0..T-1 切成一段段，末段可以短。

    >>> blocks(5, 2)
    [slice(0, 2, None), slice(2, 4, None), slice(4, 5, None)]
    """
    return [slice(start, min(start + block, T)) for start in range(0, T, block)]


def visible(rows: slice, columns: slice, causal: bool) -> bool:
    """这一块里有没有要算的格子：因果时，整块都在对角线右上方的跳过。"""
    return not causal or columns.start < rows.stop


def block_scores(q: Tensor, k: Tensor, rows: slice, columns: slice, causal: bool) -> Tensor:
    """一块分数 q kᵀ / √D：(..., T, D) 的两段 -> (..., rows, columns)；因果时右上角是 -∞。"""
    scores = q[..., rows, :] @ k[..., columns, :].transpose(-2, -1)
    scores *= 1 / math.sqrt(q.shape[-1])  # 就地：不多占一块
    if causal and columns.stop - 1 > rows.start:  # 只有碰到对角线的块要掩码
        i = torch.arange(rows.start, rows.stop, device=q.device)[:, None]
        j = torch.arange(columns.start, columns.stop, device=q.device)
        scores.masked_fill_(j > i, -math.inf)
    return scores


def tiled_forward(q: Tensor, k: Tensor, v: Tensor, causal: bool, block: int) -> tuple[Tensor, Tensor]:
    """FlashAttention 的前向（循环的次序照 FlashAttention-2）：返回输出 (..., T, D) 与每行的 log Σ exp (..., T, 1)。

    每个 query 块依次走过 key 块，手里只有一块分数和三个累积量：最大值 m、分母 l、没除过的输出 acc。
    因果时第 0 块总是看得见第 0 个 key，m 从第一块起就是有限的：exp(-∞ - (-∞)) = nan 不会出现。
    """
    out, logsumexp = torch.empty_like(q), q.new_empty(*q.shape[:-1], 1)
    for rows in blocks(q.shape[-2], block):
        acc = torch.zeros_like(q[..., rows, :])
        m, l = acc.new_full((*acc.shape[:-1], 1), -math.inf), acc.new_zeros(*acc.shape[:-1], 1)
        for columns in blocks(k.shape[-2], block):
            if not visible(rows, columns, causal):
                break
            s = block_scores(q, k, rows, columns, causal)  # (..., rows, columns)
            new = torch.maximum(m, s.amax(-1, keepdim=True))
            shrink = torch.exp(m - new)
            p = s.sub_(new).exp_()  # 还没除以分母的权重
            l.mul_(shrink).add_(p.sum(-1, keepdim=True))
            acc.mul_(shrink).add_(p @ v[..., columns, :])
            m = new
        out[..., rows, :] = acc / l  # 只在最后除一次
        logsumexp[..., rows, :] = m + l.log()
    return out, logsumexp


def tiled_backward(grad, q, k, v, out, logsumexp, causal: bool, block: int) -> tuple[Tensor, Tensor, Tensor]:
    """反向：权重 p = exp(s - log Σ exp) 一块块地再算一遍；返回对 q、k、v 的梯度。

    与论文不同：Dao 2023 的反向外层走 key 块；这里与前向一样外层走 query 块，加起来的项相同。
    """
    dq, dk, dv = torch.zeros_like(q), torch.zeros_like(k), torch.zeros_like(v)
    delta = (grad * out).sum(-1, keepdim=True)  # (..., T, 1)：Σ_j p_ij ∂ℒ/∂p_ij，不必先有整行的 p
    for rows in blocks(q.shape[-2], block):
        g = grad[..., rows, :]
        for columns in blocks(k.shape[-2], block):
            if not visible(rows, columns, causal):
                break
            s = block_scores(q, k, rows, columns, causal)
            p = s.sub_(logsumexp[..., rows, :]).exp_()  # 这回是除过分母的权重
            dv[..., columns, :] += p.transpose(-2, -1) @ g
            dp = g @ v[..., columns, :].transpose(-2, -1)
            ds = p.mul_(dp.sub_(delta[..., rows, :])).mul_(1 / math.sqrt(q.shape[-1]))  # softmax 的梯度，再乘 1/√D
            dq[..., rows, :] += ds @ k[..., columns, :]
            dk[..., columns, :] += ds.transpose(-2, -1) @ q[..., rows, :]
    return dq, dk, dv


class TiledAttention(torch.autograd.Function):
    """把两个函数接进自动求导：前向只留 q、k、v、输出与每行一个数，没有 T x T 的表。"""

    @staticmethod
    def forward(ctx, q, k, v, causal, block):
        out, logsumexp = tiled_forward(q, k, v, causal, block)
        ctx.save_for_backward(q, k, v, out, logsumexp)
        ctx.causal, ctx.block = causal, block
        return out

    @staticmethod
    def backward(ctx, grad):
        return *tiled_backward(grad, *ctx.saved_tensors, ctx.causal, ctx.block), None, None


def flash_attention(q: Tensor, k: Tensor, v: Tensor, causal: bool = False, block: int = BLOCK) -> Tensor:
    """分块注意力：q、k、v 都是 (..., T, D)，返回 (..., T, D)，等于 `plain_attention`，内存随 T 线性增长。

    三者形状不同、或 block < 1 时抛 ValueError。来源：Dao et al. 2022、Dao 2023。

    >>> q = k = torch.zeros(3, 2)
    >>> flash_attention(q, k, torch.tensor([[1.0, 0], [2, 0], [6, 0]]), causal=True, block=2)[:, 0]
    tensor([1.0000, 1.5000, 3.0000])
    """
    if not q.shape == k.shape == v.shape:
        shapes = "、".join(str(tuple(x.shape)) for x in (q, k, v))
        raise ValueError(f"q、k、v 的形状是 {shapes}，要相同；这里只写了自注意力")
    if block < 1:
        raise ValueError(f"block={block}，要至少 1；试试 {BLOCK}")
    return TiledAttention.apply(q, k, v, causal, block)


def forget_to_rescale(q: Tensor, k: Tensor, v: Tensor, block: int = BLOCK) -> Tensor:
    """反例：最大值变了，以前的累积量没有乘 exp(旧 - 新)。只有一块时看不出来。"""
    m, l, acc = -math.inf, 0.0, 0.0
    for columns in blocks(k.shape[-2], block):
        s = block_scores(q, k, slice(0, q.shape[-2]), columns, causal=False)
        m = torch.maximum(s.amax(-1, keepdim=True), torch.as_tensor(m))
        p = torch.exp(s - m)
        l, acc = l + p.sum(-1, keepdim=True), acc + p @ v[..., columns, :]
    return acc / l


def forget_the_maximum(q: Tensor, k: Tensor, v: Tensor, block: int = BLOCK) -> Tensor:
    """反例：不减最大值，只累加 exp(s)。分数超过 88，float32 的 exp 是无穷大，∞/∞ 是 nan。"""
    l, acc = 0.0, 0.0
    for columns in blocks(k.shape[-2], block):
        p = torch.exp(block_scores(q, k, slice(0, q.shape[-2]), columns, causal=False))
        l, acc = l + p.sum(-1, keepdim=True), acc + p @ v[..., columns, :]
    return acc / l
