"""评估：整个验证集上的损失、困惑度、每字符与每字节的比特数。

教什么：为什么不同的分词器只能按每字符（或每字节）比；验证集要走一整遍，不采样。
对应笔记：`workflow.md`。
"""

import math

import numpy as np
import torch

from CS336.Transformer.functional import cross_entropy

BATCH = 32  # 评估时一次几段


@torch.inference_mode()
def mean_loss(model, tokens, context_length: int, device, precision: str = "fp32") -> float:
    """把 tokens 切成不重叠的段，每个词（除了第一个）恰好猜一次；返回平均交叉熵，单位 nat 每词。"""
    T, total, count = context_length, 0.0, len(tokens) - 1
    whole, rest = divmod(count, T)
    starts = [i * T for i in range(whole)]
    windows = [(starts[i : i + BATCH], T) for i in range(0, whole, BATCH)]
    windows += [([whole * T], rest)] if rest else []  # 最后一段短，单独算
    for batch, length in windows:
        rows = np.stack([np.asarray(tokens[s : s + length + 1]).astype(np.int64) for s in batch])
        rows = torch.from_numpy(rows).to(device)
        with torch.autocast(device.type, torch.bfloat16, enabled=precision == "bf16"):
            logits = model(rows[:, :-1])  # (B, T) -> (B, T, V)
        total += cross_entropy(logits.float(), rows[:, 1:]).item() * rows[:, 1:].numel()
    return total / count


def scores(loss: float, tokens: int, characters: int, utf8_bytes: int) -> dict[str, float]:
    """每词的损失（nat）-> 困惑度、每字符与每字节的比特数。

    tokens 个词覆盖 characters 个字符、utf8_bytes 个字节；1 nat = 1/ln 2 比特。

    >>> scores(math.log(2), tokens=10, characters=20, utf8_bytes=40)
    {'perplexity': 2.0, 'bits_per_char': 0.5, 'bits_per_byte': 0.25}
    """
    bits = loss / math.log(2) * tokens
    return {
        "perplexity": math.exp(loss),
        "bits_per_char": bits / characters,
        "bits_per_byte": bits / utf8_bytes,
    }
