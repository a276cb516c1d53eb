"""只有解码器的 Transformer 语言模型：因果自注意力、块、整个模型。

教什么：与第 2 章的解码器差在哪里（pre-norm、RMSNorm、RoPE、SwiGLU、没有偏置、没有交叉注意力）；键值缓存。
不教什么：零件（`functional.py`、`layers.py`、`rope.py`）、训练（`run.py`）、生成（`generate.py`）。
怎么跑：`python CS336/Transformer/model.py`（打印几种配置的参数量，3 秒）。
对应笔记：`Transformer.md`；与 `transformers.LlamaForCausalLM` 的比较见 `tests/test_cs336_model.py`。
"""

import torch
from torch import Tensor, nn

from book import Parser, emit_result, run
from CS336.Transformer.functional import scaled_dot_product_attention
from CS336.Transformer.layers import Embedding, Linear, RMSNorm, SiLUFeedForward, SwiGLU
from CS336.Transformer.rope import RotaryEmbedding


class KVCache:
    """一个注意力算好的键与值 (B, H, S, D)：逐词生成时旧词的键值不变，只算新词的。"""

    def __init__(self):
        self.keys: Tensor | None = None
        self.values: Tensor | None = None

    def __len__(self) -> int:
        return 0 if self.keys is None else self.keys.shape[2]

    def append(self, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """接上新位置的 (B, H, t, D)，返回全部的 (B, H, S+t, D)。"""
        if self.keys is not None:
            keys, values = torch.cat([self.keys, keys], dim=2), torch.cat([self.values, values], dim=2)
        self.keys, self.values = keys, values
        return keys, values


def causal_mask(T: int, S: int, device=None) -> Tensor:
    """(T, S)：最后 T 个位置是 query，S 个位置是 key，query 能看它自己和之前的。

    >>> causal_mask(2, 3).int().tolist()  # 缓存里有 1 个，新来 2 个
    [[1, 1, 0], [1, 1, 1]]
    """
    return torch.ones(T, S, dtype=torch.bool, device=device).tril(S - T)


def check_heads(d_model: int, num_heads: int) -> None:
    """头数要整除宽度，不然就抛 ValueError。"""
    if num_heads < 1 or d_model % num_heads:
        raise ValueError(f"num_heads={num_heads} 必须整除 d_model={d_model}：每个头分到 d_model/num_heads 维")


class MultiHeadSelfAttention(nn.Module):
    """因果的多头自注意力，x (B, T, C) -> (B, T, C)；rope 给了就旋转 query 与 key，不旋转 value。"""

    def __init__(self, d_model: int, num_heads: int, rope: RotaryEmbedding | None = None, device=None, dtype=None):
        super().__init__()
        check_heads(d_model, num_heads)
        self.num_heads, self.rope = num_heads, rope
        self.q_proj = Linear(d_model, d_model, device, dtype)
        self.k_proj = Linear(d_model, d_model, device, dtype)
        self.v_proj = Linear(d_model, d_model, device, dtype)
        self.output_proj = Linear(d_model, d_model, device, dtype)

    def split_heads(self, x: Tensor) -> Tensor:
        B, T, C = x.shape
        H = self.num_heads
        return x.view(B, T, H, C // H).transpose(1, 2)  # (B, T, C) -> (B, T, H, D) -> (B, H, T, D)

    def forward(
        self, x: Tensor, positions: Tensor | None = None, *, cache: KVCache | None = None, visible: Tensor | None = None
    ) -> Tensor:
        """positions 见 RotaryEmbedding；visible (B, S) 为 False 的 key 谁也看不到（批生成时左边的填充）。"""
        q, k, v = (self.split_heads(proj(x)) for proj in (self.q_proj, self.k_proj, self.v_proj))
        if self.rope is not None:
            q, k = self.rope(q, positions), self.rope(k, positions)
        if cache is not None:
            k, v = cache.append(k, v)
        T, S = q.shape[2], k.shape[2]
        # 只来一个新词时它能看见全部，不用掩码：逐词生成省去两趟
        mask = causal_mask(T, S, x.device) if T > 1 or visible is not None else None
        if visible is not None:
            # 填充的 query 至少看得见自己，否则整行都是 -inf，softmax 得 nan，再传给真词的梯度
            own = torch.eye(S, dtype=torch.bool, device=x.device)[-T:]
            mask = mask & (visible[:, None, None, :] | own)  # (T, S) & (B, 1, 1, S) -> (B, 1, T, S)
        out = scaled_dot_product_attention(q, k, v, mask)
        return self.output_proj(out.transpose(1, 2).flatten(2))  # (B, H, T, D) -> (B, T, H, D) -> (B, T, C)


FEED_FORWARD = {"swiglu": SwiGLU, "silu": SiLUFeedForward}
NORMS = ("pre", "post", "none")


class TransformerBlock(nn.Module):
    """一块：x + attn(ln1(x))，再 x + ffn(ln2(x))。(B, T, C) -> (B, T, C)

    norm 是消融用的："pre"（默认）、"post"（先加后归一化）、"none"（没有归一化）；ffn 是 "swiglu" 或 "silu"。
    """

    def __init__(
        self,
        d_model: int,
        num_heads: int,
        d_ff: int | None = None,
        rope: RotaryEmbedding | None = None,
        device=None,
        dtype=None,
        *,
        norm: str = "pre",
        ffn: str = "swiglu",
    ):
        super().__init__()
        if norm not in NORMS or ffn not in FEED_FORWARD:
            raise ValueError(f"norm={norm!r}、ffn={ffn!r}；norm 可选 {NORMS}，ffn 可选 {tuple(FEED_FORWARD)}")
        self.norm = norm
        self.ln1 = RMSNorm(d_model, device=device, dtype=dtype) if norm != "none" else nn.Identity()
        self.attn = MultiHeadSelfAttention(d_model, num_heads, rope, device, dtype)
        self.ln2 = RMSNorm(d_model, device=device, dtype=dtype) if norm != "none" else nn.Identity()
        self.ffn = FEED_FORWARD[ffn](d_model, d_ff, device, dtype)

    def forward(
        self, x: Tensor, positions: Tensor | None = None, *, cache: KVCache | None = None, visible: Tensor | None = None
    ) -> Tensor:
        if self.norm == "post":
            x = self.ln1(x + self.attn(x, positions, cache=cache, visible=visible))
            return self.ln2(x + self.ffn(x))
        x = x + self.attn(self.ln1(x), positions, cache=cache, visible=visible)
        return x + self.ffn(self.ln2(x))


class TransformerLM(nn.Module):
    """词编号 (B, T) -> 每个位置的下一个词的 logits (B, T, V)。

    context_length   最长的输入，也是 RoPE 表的长度
    d_ff             None 时是 8/3·d_model，取到 64 的倍数
    rope_theta       None：没有位置信息（消融）
    norm, ffn        见 TransformerBlock

    >>> TransformerLM(11, 8, d_model=16, num_layers=1, num_heads=2)(torch.zeros(2, 5, dtype=torch.long)).shape
    torch.Size([2, 5, 11])
    """

    def __init__(
        self,
        vocab_size: int,
        context_length: int,
        d_model: int,
        num_layers: int,
        num_heads: int,
        d_ff: int | None = None,
        rope_theta: float | None = 10000.0,
        device=None,
        dtype=None,
        *,
        norm: str = "pre",
        ffn: str = "swiglu",
    ):
        super().__init__()
        self.context_length = context_length
        check_heads(d_model, num_heads)
        # 所有的块共用一张旋转表
        has_rope = rope_theta is not None
        rope = RotaryEmbedding(d_model // num_heads, context_length, rope_theta, device) if has_rope else None
        self.token_embeddings = Embedding(vocab_size, d_model, device, dtype)
        self.layers = nn.ModuleList(
            TransformerBlock(d_model, num_heads, d_ff, rope, device, dtype, norm=norm, ffn=ffn)
            for _ in range(num_layers)
        )
        self.ln_final = RMSNorm(d_model, device=device, dtype=dtype) if norm != "none" else nn.Identity()
        self.lm_head = Linear(d_model, vocab_size, device, dtype)

    def new_cache(self) -> list[KVCache]:
        """空的缓存，每块一个。"""
        return [KVCache() for _ in self.layers]

    def forward(
        self, token_ids: Tensor, *, cache: list[KVCache] | None = None, visible: Tensor | None = None
    ) -> Tensor:
        """cache 给了时 token_ids 只含新的词，它们接在缓存里的词后面；visible (B, 全长) 见 MultiHeadSelfAttention。"""
        if token_ids.dim() != 2:
            raise ValueError(f"token_ids 的形状是 {tuple(token_ids.shape)}，要 (B, T)；只有一句也要加一维：ids[None]")
        start = len(cache[0]) if cache else 0
        T = token_ids.shape[1]
        if start + T > self.context_length:
            raise ValueError(f"输入有 {start + T} 个词，上限 context_length={self.context_length}；只留最后的那些")
        # 填充在左边时也用 start..start+T-1：旋转之后只有位置之差要紧，整句平移不改变什么
        positions = torch.arange(start, start + T, device=token_ids.device) if start else None
        x = self.token_embeddings(token_ids)  # (B, T) -> (B, T, C)
        for i, layer in enumerate(self.layers):
            x = layer(x, positions, cache=cache[i] if cache else None, visible=visible)
        return self.lm_head(self.ln_final(x))  # (B, T, C) -> (B, T, V)


def count_parameters(model: nn.Module) -> int:
    """参数的个数。"""
    return sum(p.numel() for p in model.parameters())


# 作业讲义的基本配置，与本章 `run.py` 的默认大小
CONFIGURATIONS = {
    "handout": {
        "vocab_size": 10000, "context_length": 256, "d_model": 512, "num_layers": 4, "num_heads": 16, "d_ff": 1344,
    },
    "small": {"vocab_size": 4000, "context_length": 128, "d_model": 128, "num_layers": 4, "num_heads": 4},
    "tiny": {"vocab_size": 1000, "context_length": 64, "d_model": 64, "num_layers": 2, "num_heads": 2},
}  # fmt: skip


def main(argv=None) -> dict:
    Parser(__doc__).parse_args(argv)
    counts = {}
    for name, configuration in CONFIGURATIONS.items():
        with torch.device("meta"):  # 只要形状，不分配内存
            counts[name] = count_parameters(TransformerLM(**configuration))
        print(f"{name:8s} {counts[name]:>12,} 个参数")
    return emit_result(counts)


if __name__ == "__main__":
    run(main)
