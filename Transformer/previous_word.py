"""小任务「写出前一个词」：随机的句子，每个位置写出它前面那个词。笔记 2 用它比较几种位置。

教什么：一个只有次序才能答对的任务；同一个编码器，换位置、换词向量的倍数、换成旋转编码。
不教什么：各种位置答对多少（`2_positions.py`）。
对应笔记：`2_positions.md` 的常见错误与实验两节。
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from book import seeded
from Transformer.attention import MultiHeadAttention
from Transformer.layers import EncoderLayer
from Transformer.positional import rotate

VOCAB, WIDTH, HEADS, LAYERS = 16, 64, 4, 2
TRAINED, LONGER = 16, 24  # 训练时最长、测试时的词数
BATCH, PEAK, WARMUP = 16, 5e-3, 50


class RotaryAttention(MultiHeadAttention):
    """旋转编码的自注意力：q 与 k 分好头之后旋转，v 不动。"""

    rotation: Callable = staticmethod(rotate)

    def forward(self, x: Tensor, memory: Tensor, mask: Tensor | None = None) -> Tensor:
        q = self.rotation(self.split_heads(self.query(x)))  # (B, T, C) -> (B, H, T, D)，转过
        k = self.rotation(self.split_heads(self.key(memory)))
        out = F.scaled_dot_product_attention(q, k, self.split_heads(self.value(memory)), mask)
        return self.output(self.join_heads(out))


class Tagger(nn.Module):
    """每个位置写出一个词：词向量 x scale + 位置，两层 pre-norm 编码器，线性层。(B, T) -> (B, T, V)。"""

    def __init__(self, positions: nn.Module, scale: float = math.sqrt(WIDTH), rotary: bool = False):
        super().__init__()
        self.scale, self.positions = scale, positions
        self.tokens = nn.Embedding(VOCAB, WIDTH)
        nn.init.normal_(self.tokens.weight, std=WIDTH**-0.5)
        self.layers = nn.ModuleList(EncoderLayer(WIDTH, HEADS, 2 * WIDTH, norm="pre") for _ in range(LAYERS))
        for layer in self.layers if rotary else ():
            layer.attention = RotaryAttention(WIDTH, HEADS)
        self.norm, self.output = nn.LayerNorm(WIDTH), nn.Linear(WIDTH, VOCAB)

    def forward(self, tokens: Tensor) -> Tensor:
        x = self.positions(self.tokens(tokens) * self.scale)
        for layer in self.layers:
            x = layer(x)
        return self.output(self.norm(x))


def train(model: Tagger, seed: int, steps: int, device) -> Tagger:
    """AdamW，预热后线性降到 0；每批一个长度，4 到 16 个随机的词。"""
    optimizer = torch.optim.AdamW(model.parameters(), lr=PEAK, fused=True)
    for step in range(steps):
        generator = seeded(seed, step)
        T = int(torch.randint(4, TRAINED + 1, (), generator=generator))
        tokens = torch.randint(VOCAB, (BATCH, T), generator=generator).to(device)
        optimizer.param_groups[0]["lr"] = PEAK * min((step + 1) / WARMUP, (steps - step) / max(1, steps - WARMUP))
        optimizer.zero_grad()
        F.cross_entropy(model(tokens)[:, 1:].flatten(0, 1), tokens[:, :-1].flatten()).backward()
        optimizer.step()
    return model.eval()


@torch.no_grad()
def accuracy(model: Tagger, length: int, device) -> Tensor:
    """每个位置写对的比例 (length - 1,)：第 1 个到最后一个；第 0 个前面没有词，不算。"""
    tokens = torch.randint(VOCAB, (256, length), generator=seeded("test", length)).to(device)
    return (model(tokens).argmax(-1)[:, 1:] == tokens[:, :-1]).float().mean(0).cpu()
