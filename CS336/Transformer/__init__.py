"""第 4 章的语言模型：从零写的零件、模型、优化器、数据、检查点、生成。笔记是 `Transformer.md`。"""

from CS336.Transformer.checkpoint import load_checkpoint, save_checkpoint
from CS336.Transformer.data import get_batch
from CS336.Transformer.functional import cross_entropy, scaled_dot_product_attention, silu, softmax
from CS336.Transformer.generate import generate
from CS336.Transformer.layers import Embedding, Linear, RMSNorm, SwiGLU
from CS336.Transformer.model import MultiHeadSelfAttention, TransformerBlock, TransformerLM
from CS336.Transformer.optimizer import AdamW, clip_grad_norm_, cosine_lr
from CS336.Transformer.rope import RotaryEmbedding

__all__ = [
    "AdamW",
    "Embedding",
    "Linear",
    "MultiHeadSelfAttention",
    "RMSNorm",
    "RotaryEmbedding",
    "SwiGLU",
    "TransformerBlock",
    "TransformerLM",
    "clip_grad_norm_",
    "cosine_lr",
    "cross_entropy",
    "generate",
    "get_batch",
    "load_checkpoint",
    "save_checkpoint",
    "scaled_dot_product_attention",
    "silu",
    "softmax",
]
