"""与 transformers 的 LlamaForCausalLM 互换权重：同样的架构，只有名字与 RoPE 的配对不同。

教什么：Llama 就是本章的模型；两种 RoPE 配对差一个通道的重排，点积不变。
对应笔记：`Transformer.md`；比较见 `tests/test_cs336_model.py`。
"""

import torch
from torch import Tensor

from CS336.Transformer.model import TransformerLM

# 我们的名字 -> transformers 的名字
BLOCK_NAMES = {
    "ln1": "input_layernorm",
    "attn.q_proj": "self_attn.q_proj",
    "attn.k_proj": "self_attn.k_proj",
    "attn.v_proj": "self_attn.v_proj",
    "attn.output_proj": "self_attn.o_proj",
    "ln2": "post_attention_layernorm",
    "ffn.w1": "mlp.gate_proj",
    "ffn.w2": "mlp.down_proj",
    "ffn.w3": "mlp.up_proj",
}
OUTER_NAMES = {"token_embeddings": "model.embed_tokens", "ln_final": "model.norm", "lm_head": "lm_head"}


def pair_order(head_dim: int) -> Tensor:
    """Llama 的第 j 个通道是我们的第几个：先全部偶数，再全部奇数。

    >>> pair_order(6).tolist()
    [0, 2, 4, 1, 3, 5]
    """
    return torch.arange(head_dim).view(-1, 2).T.flatten()  # (D,) -> (D/2, 2) -> (2, D/2) -> (D,)


def reorder_heads(weight: Tensor, num_heads: int, inverse: bool = False) -> Tensor:
    """重排 q_proj 或 k_proj 的输出通道 (H·D, C)，每个头各排各的；q 与 k 同样重排，q·k 不变。"""
    order = pair_order(weight.shape[0] // num_heads)
    order = order.argsort() if inverse else order
    heads = weight.view(num_heads, -1, weight.shape[1])  # (H·D, C) -> (H, D, C)
    return heads[:, order].flatten(0, 1)  # (H, D, C) -> (H·D, C)


def name_pairs(num_layers: int) -> dict[str, str]:
    """全部权重：我们的键 -> Llama 的键。"""
    pairs = {f"{ours}.weight": f"{theirs}.weight" for ours, theirs in OUTER_NAMES.items()}
    for i in range(num_layers):
        pairs |= {f"layers.{i}.{o}.weight": f"model.layers.{i}.{t}.weight" for o, t in BLOCK_NAMES.items()}
    return pairs


def to_llama_state(model: TransformerLM) -> dict[str, Tensor]:
    """我们的权重 -> LlamaForCausalLM 的 state_dict。"""
    H, state = model.layers[0].attn.num_heads, model.state_dict()
    rotated = ("q_proj.weight", "k_proj.weight")
    return {
        theirs: reorder_heads(state[ours], H) if ours.endswith(rotated) else state[ours]
        for ours, theirs in name_pairs(len(model.layers)).items()
    }


def from_llama_state(state: dict[str, Tensor], num_layers: int, num_heads: int) -> dict[str, Tensor]:
    """LlamaForCausalLM 的 state_dict -> 我们的。"""
    rotated = ("q_proj.weight", "k_proj.weight")
    return {
        ours: reorder_heads(state[theirs], num_heads, inverse=True) if ours.endswith(rotated) else state[theirs]
        for ours, theirs in name_pairs(num_layers).items()
    }


def llama_config(model: TransformerLM, theta: float = 10000.0):
    """同样大小的 transformers.LlamaConfig。"""
    from transformers import LlamaConfig

    block = model.layers[0]
    return LlamaConfig(
        vocab_size=model.lm_head.weight.shape[0],
        hidden_size=model.lm_head.weight.shape[1],
        intermediate_size=block.ffn.w1.weight.shape[0],
        num_hidden_layers=len(model.layers),
        num_attention_heads=block.attn.num_heads,
        max_position_embeddings=model.context_length,
        rms_norm_eps=block.ln1.eps,
        rope_parameters={"rope_type": "default", "rope_theta": theta},
        tie_word_embeddings=False,
        attention_bias=False,
        attn_implementation="eager",
    )
