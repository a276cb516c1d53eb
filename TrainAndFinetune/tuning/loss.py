"""只在答案上算损失：连 logits 也只在答案的位置上算。

教什么：词表 262,144 时，一个位置的 float32 logits 就是 1 MiB；一批 2,048 个词元全算要 2 GiB，答案只占两成。
不教什么：交叉熵（第 4 章）；损失用在哪里（`finetune.py`）。
不是脚本；`from TrainAndFinetune.tuning import answer_loss`。对应笔记：`4_full.md`。
"""

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from book import UserError
from TrainAndFinetune.tuning.batching import block_mask
from TrainAndFinetune.tuning.chat import IGNORE


def model_inputs(model: nn.Module, batch: dict[str, Tensor]) -> dict:
    """一批里要交给模型的部分；打包的批换成两种层各自的掩码。"""
    inputs = {key: batch[key] for key in ("input_ids", "attention_mask", "position_ids") if key in batch}
    if "segments" in batch:
        if getattr(model, "prefix", None) is not None or getattr(model, "prompt", None) is not None:
            raise UserError("前缀与软提示每条对话都要一份，一行里打包几条放不下；去掉 --pack")
        masks = {
            "full_attention": block_mask(batch["segments"]),
            "sliding_attention": block_mask(batch["segments"], model.config.sliding_window),
        }
        if model.config._attn_implementation == "eager":  # eager 把掩码加到分数上，给它布尔值会悄悄算错
            masks = {name: (~mask) * torch.finfo(model.dtype).min for name, mask in masks.items()}
        inputs["attention_mask"] = masks
    return inputs


def answer_logits(model: nn.Module, batch: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
    """答案各位置的 (logits (N, V), 目标 (N,))；位置 t 预测的是 t + 1 的词元，所以目标左移一格。"""
    targets = batch["labels"][:, 1:]  # (B, T) -> (B, T - 1)
    wanted = targets != IGNORE
    hidden = model.model(**model_inputs(model, batch), use_cache=False).last_hidden_state  # (B, T, C)
    logits = model.lm_head(hidden[:, :-1][wanted])  # (B, T - 1, C) -> (N, C) -> (N, V)
    if (cap := getattr(model.config, "final_logit_softcapping", None)) is not None:
        logits = cap * torch.tanh(logits / cap)
    return logits, targets[wanted]


def answer_loss(model: nn.Module, batch: dict[str, Tensor]) -> tuple[Tensor, int]:
    """一批的 (每个答案词元的平均损失, 答案词元的个数)；等于算全部 logits 再用 ignore_index 的损失。

    model 是 Gemma3ForCausalLM（装没装 adapter 都行）；batch 来自 `collate` 或 `collate_packed`，已经在模型的设备上。
    一个答案词元也没有时返回 0（仍在计算图里，几个进程同步梯度时少一个都会卡住）。
    """
    logits, targets = answer_logits(model, batch)
    total = cross_entropy(logits.float(), targets, reduction="sum")  # 指数与对数在 float32 里算
    return total / max(1, len(targets)), len(targets)
