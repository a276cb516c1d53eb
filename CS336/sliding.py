"""窗口满了以后怎么办：重建、只留一半再重建、接着用旧的缓存（位置接着数、位置停在最后），四种都写出来比。

教什么：深层的键值里有已经滑出窗口的词，丢掉最旧的键值不等于从头算；一层的模型里两者相等。
不教什么：训练时就用滑动窗口的模型（它的每一层本来就只看最近的几个，旧的键值一直是对的）。
怎么跑：被 `lab_generate.py` 使用。
对应笔记：`Tokenization/generate.md`。
"""

import torch
from torch import Tensor

from CS336.Transformer import TransformerLM
from CS336.Transformer.model import KVCache


class SlidingCache(KVCache):
    """满了就丢掉最旧的键值，别的照旧。"""

    def __init__(self, limit: int):
        super().__init__()
        self.limit = limit

    def append(self, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        super().append(keys, values)
        self.keys, self.values = self.keys[:, :, -self.limit :], self.values[:, :, -self.limit :]
        return self.keys, self.values


def with_long_table(model: TransformerLM) -> TransformerLM:
    """同样的权重，旋转表长一倍：state_dict 里没有表，所以直接装得进去。"""
    V, C = model.lm_head.weight.shape
    block = model.layers[0]
    sizes = {"num_heads": block.attn.num_heads, "d_ff": len(block.ffn.w1.weight)}
    longer = TransformerLM(V, 2 * model.context_length, C, len(model.layers), **sizes)
    longer.load_state_dict(model.state_dict())
    return longer


@torch.inference_mode()
def sliding_logits(model: TransformerLM, ids: Tensor, keep_counting: bool) -> Tensor:
    """ids (B, 2T) 逐词喂进只留 T 个的缓存，返回后一半的 logits (B, T, V)。

    keep_counting True：位置接着数 T, T+1, ...；False：窗口满了以后，新词的位置总是 T-1。
    """
    T, longer = model.context_length, with_long_table(model)
    cache, out = [SlidingCache(T) for _ in model.layers], []
    for t in range(2 * T):
        positions = torch.tensor([t if keep_counting else min(t, T - 1)])
        x = longer.token_embeddings(ids[:, t : t + 1])  # (B, 1) -> (B, 1, C)
        for layer, stored in zip(longer.layers, cache):
            x = layer(x, positions, cache=stored)
        out.append(longer.lm_head(longer.ln_final(x)))  # (B, 1, V)
    return torch.cat(out[T:], dim=1)


@torch.inference_mode()
def rebuilt_logits(model: TransformerLM, ids: Tensor) -> Tensor:
    """每一步从头算最后 T 个词，`generate` 就是这样。ids (B, 2T) -> (B, T, V)。"""
    T = model.context_length
    return torch.stack([model(ids[:, t - T + 1 : t + 1])[:, -1] for t in range(T, 2 * T)], dim=1)


@torch.inference_mode()
def halved_logits(model: TransformerLM, ids: Tensor) -> Tensor:
    """满了就只留最后 T/2 个、重建一次，再一个一个接到满。ids (B, 2T) -> (B, T, V)。"""
    T, out, start = model.context_length, [], 0
    while start + T < 2 * T:
        first = start + T  # 放不下的那个词
        start = first - T // 2 + 1  # 连它在内留 T/2 个
        logits = model(ids[:, start : min(start + T, 2 * T)])  # 一次前向等于重建之后逐词接
        out.append(logits[:, first - start :])
    return torch.cat(out, dim=1)
