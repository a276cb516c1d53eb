"""Transformer（Vaswani et al. 2017, arXiv:1706.03762）：编码器、解码器与整个模型。

教什么：一批句子怎样从编号走到 logits，每一步的形状；词向量与输出层共享；最后一个 LayerNorm 什么时候要。
不教什么：训练（`train.py`）、生成（`decoding.py`）。
怎么跑：`python Transformer/transformer.py`（打印各配置的参数量，3 秒）。
对应笔记：`4_transformer.md`；与 `nn.Transformer` 的比较见 `tests/test_transformer_model.py`。
"""

import math

import torch
from torch import Tensor, nn

from book import Parser, emit_result, run
from Transformer.attention import MultiHeadAttention, padding_mask
from Transformer.layers import DecoderLayer, EncoderLayer, LayerCache
from Transformer.positional import POSITIONS


class Embeddings(nn.Module):
    """编号 (B, T) -> 词向量 x √C + 位置 (B, T, C)（论文 3.4、3.5）。"""

    def __init__(self, vocab: int, d_model: int, dropout: float, positions: str, max_length: int):
        super().__init__()
        self.tokens = nn.Embedding(vocab, d_model)
        self.positions = POSITIONS[positions](max_length, d_model)
        self.dropout = nn.Dropout(dropout)

    def forward(self, tokens: Tensor, start: int = 0) -> Tensor:
        C = self.tokens.embedding_dim
        # 与输出层共享的词向量初始化得小（标准差 1/√C），乘 √C 才与位置编码一样大
        x = self.tokens(tokens) * math.sqrt(C)  # (B, T) -> (B, T, C)
        return self.dropout(self.positions(x, start))


class Transformer(nn.Module):
    """编码器-解码器。

    src_vocab, tgt_vocab   两边词表的大小；编号 0 是填充
    norm                   "post"（论文）或 "pre"；pre-norm 在编码器与解码器的末尾各多一个 LayerNorm
    tie_embeddings         True：目标端的词向量与输出层是同一个矩阵；"joint"：源端也是它（两边共用一个词表，论文 3.4）
    positions              "sinusoidal"、"learned" 或 "none"
    max_length             最长的句子

    与论文不同：输出层没有偏置，与共享的词向量一致。

    >>> model = Transformer(11, 13, d_model=16, num_heads=2, num_layers=1, d_ff=32)
    >>> model(torch.ones(2, 5, dtype=torch.long), torch.ones(2, 7, dtype=torch.long)).shape
    torch.Size([2, 7, 13])
    """

    def __init__(
        self,
        src_vocab: int,
        tgt_vocab: int,
        d_model: int = 512,
        num_heads: int = 8,
        num_layers: int = 6,
        d_ff: int = 2048,
        dropout: float = 0.1,
        norm: str = "post",
        tie_embeddings: bool | str = True,
        *,
        positions: str = "sinusoidal",
        max_length: int = 512,
    ):
        super().__init__()
        check_choices(norm, tie_embeddings, positions, src_vocab, tgt_vocab)
        self.d_model, self.max_length = d_model, max_length
        layer = {"d_model": d_model, "num_heads": num_heads, "d_ff": d_ff, "dropout": dropout, "norm": norm}
        self.source = Embeddings(src_vocab, d_model, dropout, positions, max_length)
        self.target = Embeddings(tgt_vocab, d_model, dropout, positions, max_length)
        self.encoder = nn.ModuleList(EncoderLayer(**layer) for _ in range(num_layers))
        self.decoder = nn.ModuleList(DecoderLayer(**layer) for _ in range(num_layers))
        # post-norm 的每层以 LayerNorm 结尾，不用再加；nn.Transformer 却总是加，见 convert.py
        self.encoder_norm = nn.LayerNorm(d_model) if norm == "pre" else nn.Identity()
        self.decoder_norm = nn.LayerNorm(d_model) if norm == "pre" else nn.Identity()
        self.output = nn.Linear(d_model, tgt_vocab, bias=False)
        self.reset_parameters()
        if tie_embeddings:
            self.output.weight = self.target.tokens.weight
        if tie_embeddings == "joint":
            self.source.tokens.weight = self.target.tokens.weight

    def reset_parameters(self) -> None:
        """矩阵用 Xavier，偏置为 0；词向量标准差 1/√C，于是 h · e 的方差约为 1，开始时的损失约为 ln V。"""
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.xavier_uniform_(module.weight)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
            elif isinstance(module, nn.Embedding):
                nn.init.normal_(module.weight, std=self.d_model**-0.5)
        nn.init.normal_(self.output.weight, std=self.d_model**-0.5)

    def encode(self, source: Tensor) -> tuple[Tensor, Tensor | None]:
        """源句编号 (B, S) -> (记忆 (B, S, C)，掩码 (B, 1, 1, S))；一批里没有填充时掩码是 None，省去加它的时间。"""
        mask = padding_mask(source)
        mask = None if mask.all() else mask
        x = self.source(source)
        for layer in self.encoder:
            x = layer(x, mask)
        return self.encoder_norm(x), mask

    def decode(
        self, target: Tensor, memory: Tensor, memory_mask: Tensor | None = None, cache: list[LayerCache] | None = None
    ) -> Tensor:
        """目标编号 (B, T) 与记忆 (B, S, C) -> 隐藏状态 (B, T, C)；给了 cache 时 target 只含新的词。

        目标的填充都在右边，因果掩码已经让真词看不到它，不用另外掩码。
        """
        start = cache[0].self_attention.length if cache else 0
        if start and target.shape[1] > 1:
            raise ValueError(f"缓存里已有 {start} 个词时一次只能接 1 个，收到 {target.shape[1]} 个")
        x = self.target(target, start)
        for i, layer in enumerate(self.decoder):
            x = layer(x, memory, memory_mask, cache[i] if cache else None)
        return self.decoder_norm(x)

    def forward(self, source: Tensor, target: Tensor, where: Tensor | None = None) -> Tensor:
        """teacher forcing：源句 (B, S) 与右移的目标 (B, T) -> 下一个词的 logits (B, T, V)。

        给了 where (B, T) 就只算 True 处的：返回 (N, V)。输出层很大，填充处的 logits 不值得算。
        """
        memory, mask = self.encode(source)
        hidden = self.decode(target, memory, mask)
        return self.output(hidden if where is None else hidden[where])  # (B, T, C) -> (B, T, V) 或 (N, V)

    def new_cache(self) -> list[LayerCache]:
        """空的缓存，每层一个。"""
        return [LayerCache() for _ in self.decoder]

    def attentions(self) -> dict[str, MultiHeadAttention]:
        """所有的注意力，按名字：`encoder.0.attention`、`decoder.0.cross_attention` 等。"""
        return {name: module for name, module in self.named_modules() if isinstance(module, MultiHeadAttention)}


def check_choices(norm: str, tie_embeddings, positions: str, src_vocab: int, tgt_vocab: int) -> None:
    """构造参数里只有几种取值的那些。"""
    if norm not in ("post", "pre"):
        raise ValueError(f"norm={norm!r}，可选 'post'、'pre'")
    if positions not in POSITIONS:
        raise ValueError(f"positions={positions!r}，可选 {'、'.join(map(repr, POSITIONS))}")
    if tie_embeddings not in (True, False, "joint"):
        raise ValueError(f"tie_embeddings={tie_embeddings!r}，可选 True、False、'joint'")
    if tie_embeddings == "joint" and src_vocab != tgt_vocab:
        raise ValueError(f"tie_embeddings='joint' 要两边用同一个词表，收到 {src_vocab} 与 {tgt_vocab} 个词；改成 True")


def count_parameters(model: nn.Module) -> int:
    """参数的个数；共享的只数一次。"""
    return sum(p.numel() for p in model.parameters())


# 论文表 3 的两行（37000 个词的共同词表），以及本章训练用的大小
CONFIGURATIONS = {
    "base": {"src_vocab": 37000, "tgt_vocab": 37000, "tie_embeddings": "joint"},
    "big": {
        "src_vocab": 37000,
        "tgt_vocab": 37000,
        "d_model": 1024,
        "num_heads": 16,
        "d_ff": 4096,
        "tie_embeddings": "joint",
    },
}


def main(argv=None) -> dict:
    Parser(__doc__).parse_args(argv)
    counts = {}
    for name, configuration in CONFIGURATIONS.items():
        with torch.device("meta"):  # 只要形状，不分配内存
            counts[name] = count_parameters(Transformer(**configuration))
        print(f"{name:5s} {counts[name]:>12,} 个参数")
    return emit_result(counts)


if __name__ == "__main__":
    run(main)
