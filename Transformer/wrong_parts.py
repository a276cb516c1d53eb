"""写错的零件：反例（`pitfalls.py`）与消融（`ablations.py`）用，每个只错一处。

教什么：每处错在哪一行。
不教什么：损失多大（见 `pitfalls.py` 的记录）。
"""

import math

from torch import Tensor, nn
from torch.nn import functional as F

from Transformer.attention import PAD, MultiHeadAttention, causal_mask
from Transformer.layers import Residual
from Transformer.transformer import Transformer


class MaskAfterSoftmax(MultiHeadAttention):
    """先 softmax 再把看不见的清零：每行之和不再是 1，句子越靠前缩得越多。"""

    def forward(self, x: Tensor, memory: Tensor, mask=None, *, causal=False, cache=None) -> Tensor:
        q = self.split_heads(self.query(x))
        k, v = self.keys_values(memory, cache)
        if causal and q.shape[2] > 1:
            mask = causal_mask(q.shape[2])
        weights = (q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])).softmax(dim=-1)
        weights = weights if mask is None else weights * mask  # 错在这里：应当在 softmax 之前
        return self.output(self.join_heads(weights @ v))


class WrongNorm(nn.LayerNorm):
    """x.std() 默认除以 C-1，ε 又加在根号外面。"""

    def forward(self, x: Tensor) -> Tensor:
        deviation = x.std(dim=-1, keepdim=True) + self.eps  # 错在这里：无偏的标准差，ε 在外面
        return (x - x.mean(dim=-1, keepdim=True)) / deviation * self.weight + self.bias


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
    for attention in model.attentions().values():
        scale = math.sqrt(model.d_model // attention.num_heads)
        attention.query.register_forward_hook(lambda module, inputs, output, scale=scale: output * scale)


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
