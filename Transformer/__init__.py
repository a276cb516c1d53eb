"""第 2 章：Transformer。笔记从 `1_attention.md` 开始读。"""

from Transformer.attention import MultiHeadAttention
from Transformer.transformer import Transformer

__all__ = ["MultiHeadAttention", "Transformer"]
