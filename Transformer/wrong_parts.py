"""写错的零件：反例（`pitfalls.py`）、消融（`ablations.py`）与笔记 1 到 3 的脚本用，每个只错一处。

教什么：每处错在哪一行。
不教什么：损失多大（见用它的脚本的记录）。
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from Transformer.attention import PAD, MultiHeadAttention, attention, causal_mask
from Transformer.layers import Residual
from Transformer.positional import SinusoidalPositions
from Transformer.transformer import Transformer


def masked_late(q: Tensor, k: Tensor, v: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """先 softmax，再把不能看的清零。每行之和小于 1，而且分母里已经有了不该看的。"""
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    weights = scores.softmax(dim=-1).masked_fill(~mask, 0.0)  # 错在这里：应当先 masked_fill 再 softmax
    return weights @ v, weights


def wrong_axis(q: Tensor, k: Tensor, v: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """沿 query 那一维归一化。每列之和是 1，每行之和什么都可能。"""
    scores = (q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])).masked_fill(~mask, -math.inf)
    weights = scores.softmax(dim=-2)  # 错在这里：应当是 -1
    return weights @ v, weights


def split_view(x: Tensor, num_heads: int = 2) -> Tensor:
    """用 view 切头：形状对了，内存的次序没动，第 0 个头拿到的是前半句。"""
    B, T, C = x.shape
    return x.view(B, num_heads, T, C // num_heads)  # (B, T, C) -> (B, H, T, D)，数没有跟着走


def join_view(x: Tensor) -> Tensor:
    """用 reshape 拼头，没有先把头换回词的后面。"""
    B, H, T, D = x.shape
    return x.reshape(B, T, H * D)  # (B, H, T, D) -> (B, T, C)，数没有跟着走


class MaskAfterSoftmax(MultiHeadAttention):
    """整层用 `masked_late`：每行之和不再是 1，句子越靠前缩得越多。"""

    def forward(self, x: Tensor, memory: Tensor, mask=None, *, causal=False, cache=None) -> Tensor:
        q = self.split_heads(self.query(x))
        k, v = self.keys_values(memory, cache)
        if causal and q.shape[2] > 1:
            mask = causal_mask(q.shape[2])
        out, _ = attention(q, k, v) if mask is None else masked_late(q, k, v, mask)
        return self.output(self.join_heads(out))


class WrongNorm(nn.LayerNorm):
    """x.std() 默认除以 C-1，ε 又加在根号外面。"""

    def forward(self, x: Tensor) -> Tensor:
        deviation = x.std(dim=-1, keepdim=True) + self.eps  # 错在这里：无偏的标准差，ε 在外面
        return (x - x.mean(dim=-1, keepdim=True)) / deviation * self.weight + self.bias


class AlwaysFromZero(SinusoidalPositions):
    """不理会 start：缓存解码时每个新词都加第 0 行。"""

    def forward(self, x: Tensor, start: int = 0) -> Tensor:
        return super().forward(x, 0)  # 错在这里：应当是 start


class OtherFrequencies(SinusoidalPositions):
    """正弦编码，角频率 omega (C/2,) 写成了别的。"""

    def __init__(self, max_length: int, omega: Tensor):
        super().__init__(max_length, 2 * len(omega))
        angles = torch.arange(max_length)[:, None] * omega  # 错在 omega：(T, 1) * (C/2,) -> (T, C/2)
        self.table = torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)


class NoResidual(Residual):
    """去掉残差连接：子层的输出直接往下传。"""

    def forward(self, x: Tensor, sublayer) -> Tensor:
        return self.dropout(sublayer(self.norm(x))) if self.pre else self.norm(self.dropout(sublayer(x)))


def become(model: Transformer, old: type, new: type) -> None:
    """把 model 里所有 old 类的模块换成 new 类，权重不动。"""
    for module in model.modules():
        if type(module) is old:
            module.__class__ = new


def mask_after_softmax(model: Transformer) -> None:
    become(model, MultiHeadAttention, MaskAfterSoftmax)


def wrong_norm(model: Transformer) -> None:
    become(model, nn.LayerNorm, WrongNorm)


def no_residual(model: Transformer) -> None:
    become(model, Residual, NoResidual)


def no_root(model: Transformer) -> None:
    """不除以 √D：等于把 query 放大 √D 倍。"""
    for layer in model.attentions().values():
        scale = math.sqrt(model.d_model // layer.num_heads)
        layer.query.register_forward_hook(lambda module, inputs, output, scale=scale: output * scale)


def not_shifted(model: nn.Module, source: Tensor, target: Tensor, smoothing: float) -> Tensor:
    """目标没有右移：答案就在输入里，照抄就行。"""
    given = answer = target[:, :-1]
    where = answer != PAD
    return F.cross_entropy(model(source, given, where), answer[where], label_smoothing=smoothing)


def padding_counted(model: nn.Module, source: Tensor, target: Tensor, smoothing: float) -> Tensor:
    """填充也算进损失：平均被一堆容易的 <pad> 拉低。"""
    logits = model(source, target[:, :-1])
    return F.cross_entropy(logits.flatten(0, 1), target[:, 1:].flatten(), label_smoothing=smoothing)


def same_sequence(model: nn.Module, source: Tensor, target: Tensor, smoothing: float) -> Tensor:
    """编码器也喂了目标：训练时答案从交叉注意力里漏过来，翻译时没有它。"""
    given, answer = target[:, :-1], target[:, 1:]
    where = answer != PAD
    return F.cross_entropy(model(target, given, where), answer[where], label_smoothing=smoothing)
