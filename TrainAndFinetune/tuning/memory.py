"""装之前先算：训练要多少内存，这台机器有多少；不够就一句话拒绝，不等它被系统杀掉。

教什么：权重、梯度、优化器是几个乘法（全参数微调每个参数 16 字节）；激活按保存的张量数；logits 单算，词表大时它最大。
不教什么：怎样省（`6_lora.md`、梯度检查点）。
不是脚本，由 `finetune.py` 导入。对应笔记：`4_full.md`。
"""

from pathlib import Path

from book import UserError
from TrainAndFinetune.methods.counts import COUNTS, full_count, lora_count, training_bytes

GIB = 2**30


def activation_bytes(config, tokens: int, checkpointing: bool = False) -> int:
    """反向要用的激活（字节，float32）：L · T · (10 C + 4 F + 6 Q + 4 K) · 4    式 (4.3)。

    系数是数 autograd 存下的张量得到的，每个词元每层：
    C：四个归一化各存输入与归一化过的，8 C；其中两个的输出又是线性层的输入，2 C；残差的加法什么也不存。
    F：门控的激活前、激活后、另一路、两路之积，4 F。
    Q：查询的投影、归一化过的、旋转过的，注意力的输出，4 Q；有掩码时另有复制给各头的键与值，2 Q。
    K：键的投影、归一化过的，2 K；没有掩码时不复制，存的是旋转过的键与值自己，又 2 K。两种情形都算上，所以略多。
    梯度检查点只存每层的输入，反向时一层一层重算，同时只有一层的激活活着。
    """
    Q = config.num_attention_heads * config.head_dim
    K = config.num_key_value_heads * config.head_dim
    layer = 10 * config.hidden_size + 4 * config.intermediate_size + 6 * Q + 4 * K
    L = config.num_hidden_layers
    return tokens * 4 * (layer + L * config.hidden_size if checkpointing else L * layer)


def logit_bytes(config, answer_tokens: int) -> int:
    """答案位置的 logits、它的对数概率与梯度，三份 float32。"""
    return answer_tokens * config.vocab_size * 4 * 3


def estimate(config, settings, answer_share: float = 0.5) -> dict[str, int]:
    """微调要的内存（字节），各部分与合计；answer_share 是一批里答案占几成。"""
    total, tokens = full_count(config), settings.tokens_per_batch
    options = dict(settings.options)
    count = COUNTS[settings.method]
    known = {name: options[name] for name in ("rank", "targets", "size", "length", "dora") if name in options}
    trained = count(config, **known)
    weight_bytes = 2 if settings.frozen_bf16 else 4
    parts = training_bytes(total, trained, weight_bytes)
    parts["activations"] = activation_bytes(config, tokens, settings.checkpointing)
    parts["logits"] = logit_bytes(config, round(tokens * answer_share))
    del parts["sum"]
    return parts | {"sum": sum(parts.values())}


def cgroup_room() -> float:
    """容器的内存上限还剩几字节；没有上限是无穷大。"""
    folder = Path("/sys/fs/cgroup")
    try:
        return int((folder / "memory.max").read_text()) - int((folder / "memory.current").read_text())
    except (OSError, ValueError):  # 不是 Linux、不在容器里、上限写着 max
        return float("inf")


def available_bytes(device) -> int:
    """这台机器（这块 GPU）现在能用的字节。"""
    if device.type == "cuda":
        import torch

        return torch.cuda.mem_get_info(device)[0]
    import psutil

    return int(min(psutil.virtual_memory().available, cgroup_room()))


def check_memory(config, settings, device, answer_share: float, world: int = 1) -> dict[str, int]:
    """估计放不下就抛 UserError，说出各部分与怎样省；放得下就返回估计。"""
    parts = estimate(config, settings, answer_share)
    need, have = parts["sum"], available_bytes(device)
    if settings.parallel == "fsdp":  # 权重、梯度、优化器分给各进程，激活各算各的
        shared = sum(parts[name] for name in ("weights", "gradients", "optimizer"))
        need -= shared - shared // world
    if device.type == "cpu":
        need *= world  # 一台机器上的几个进程用同一份内存
    if need > have:
        names = {
            "weights": "权重",
            "gradients": "梯度",
            "optimizer": "优化器",
            "activations": "激活",
            "logits": "logits",
        }
        detail = "、".join(f"{names[name]} {parts[name] / GIB:.2f}" for name in names)
        ways = "减小 --tokens-per-batch，加 --checkpointing" + ("，换 --method lora" * (settings.method == "full"))
        raise UserError(f"要约 {need / GIB:.2f} GiB（{detail}），现在只有 {have / GIB:.2f} GiB；{ways}")
    return parts


def budgets() -> dict:
    """2.7 亿与 66 亿参数的模型训练要多少 GiB，不训练也算得出来；后者的形状是 LLaMA-7B 的。"""
    from transformers import Gemma3TextConfig

    from TrainAndFinetune.tuning.settings import Settings

    gemma = Gemma3TextConfig(
        vocab_size=262_144, hidden_size=640, intermediate_size=2048, num_hidden_layers=18,
        num_attention_heads=4, num_key_value_heads=1, head_dim=256,
    )  # fmt: skip
    seven = Gemma3TextConfig(
        vocab_size=32_000, hidden_size=4096, intermediate_size=11_008, num_hidden_layers=32,
        num_attention_heads=32, num_key_value_heads=32, head_dim=128,
    )  # fmt: skip
    parts = estimate(gemma, Settings(tokens_per_batch=2048), answer_share=0.2)
    count, lora = full_count(seven), lora_count(seven)
    rows = {
        "full": training_bytes(count, count)["sum"],
        "full_eighth": training_bytes(count, count)["sum"] / 8,
        "lora_bf16": training_bytes(count, lora, 2)["sum"],
        "qlora": training_bytes(count, lora, 4.5 / 8)["sum"],  # 每 64 个权重另有一个 float32 的比例
        "activations_bf16": activation_bytes(seven, 4096) / 2,
        "checkpointed_bf16": activation_bytes(seven, 4096, checkpointing=True) / 2,
    }
    return {
        "gemma_gib": {name: size / GIB for name, size in parts.items()},
        "gemma_full_logits_gib": logit_bytes(gemma, 2048) / GIB,
        "seven_count": count,
        "seven_lora_count": lora,
        "seven_gib": {name: size / GIB for name, size in rows.items()},
    }
