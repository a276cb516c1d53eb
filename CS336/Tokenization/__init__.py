"""第 4 章的分词：字节级 BPE。不导入 torch。笔记从 `1_unicode.md` 开始读。"""

from CS336.Tokenization.tokenizer import BPETokenizer
from CS336.Tokenization.training import train_bpe

__all__ = ["BPETokenizer", "train_bpe"]
