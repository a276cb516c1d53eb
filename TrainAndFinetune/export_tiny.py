"""导出的冒烟与测试用的：随机小模型写成的基座 GGUF，带一个字节级的小分词器，llama.cpp 真的能加载。

教什么：llama.cpp 至少要哪些元数据才肯加载一个 Gemma 3。
不教什么：真的基座（`models.py`）。
怎么跑：`python TrainAndFinetune/export.py --smoke`。
对应笔记：`assistant.md`「导出」。
"""

from pathlib import Path

import torch

from book import seeded
from TrainAndFinetune.base import tiny_model
from TrainAndFinetune.export_check import Case
from TrainAndFinetune.export_gguf import KINDS, entry, gguf_name, write_gguf
from TrainAndFinetune.methods import add_lora, load_adapter, own_parameters, save_adapter

TOKENS = ["<pad>", "<eos>", "<bos>", "<unk>", *(f"<0x{i:02X}>" for i in range(256)), "▁", "a", "b", "ab", "▁ab"]


def tiny_base(path: Path, seed: int = 0):
    """随机小模型写成的基座 GGUF（float32，带一个字节级的小分词器）；返回那个模型。

    各层的权重放大 4 倍，logits 放大 20 倍，归一化各不相同：名字、缩放、归一化写错一处，logits 都看得出来。
    """
    model = tiny_model(seed, vocab_size=len(TOKENS), num_hidden_layers=7)
    weights, c = {}, model.config
    with torch.no_grad():
        for name, p in model.named_parameters():
            noise = torch.randn(p.shape, generator=seeded("tiny", seed, name))
            value = noise * 0.1 if p.dim() == 1 else p if "embed" in name else p * 4
            p.copy_((value + 19 if name == "model.norm.weight" else value).to(torch.bfloat16))
            weights[gguf_name(name)] = p + 1 if p.dim() == 1 else p
    shape = {
        "context_length": c.max_position_embeddings, "embedding_length": c.hidden_size,
        "block_count": c.num_hidden_layers, "feed_forward_length": c.intermediate_size,
        "attention.head_count": c.num_attention_heads, "attention.head_count_kv": c.num_key_value_heads,
        "attention.key_length": c.head_dim, "attention.value_length": c.head_dim,
        "attention.layer_norm_rms_epsilon": c.rms_norm_eps, "attention.sliding_window": c.sliding_window,
        "rope.freq_base": 1e6,
    }  # fmt: skip
    tokenizer = {
        "model": "llama", "tokens": TOKENS, "scores": [0.0] * 260 + [-1.0, -2.0, -3.0, -4.0, -5.0],
        "token_type": [3, 3, 3, 2] + [6] * 256 + [1] * 5, "padding_token_id": 0, "eos_token_id": 1,
        "bos_token_id": 2, "unknown_token_id": 3,
    }  # fmt: skip
    values = {f"gemma3.{key}": value for key, value in shape.items()}
    values |= {"general.file_type": 0} | {f"tokenizer.ggml.{key}": value for key, value in tokenizer.items()}
    metadata = {key: entry(value) for key, value in values.items()}
    plan = {name: (tuple(value.shape), KINDS["f32"]) for name, value in weights.items()}
    write_gguf(path, metadata, plan, lambda name: weights[name].detach().numpy())
    return model


def random_lora(model, rank: int = 4, size: float = 0.05, seed: int = 0, **options):
    """装一个 B 不是零的 LoRA：刚装上的 B 是零，导出错了也看不出来。"""
    add_lora(model, rank, seed=seed, **options)
    with torch.no_grad():
        for name, p in own_parameters(model).items():
            p.add_(size * torch.randn(p.shape, generator=seeded("random lora", seed, name)))
    return model


def random_cases(count: int, seed: int, answer: int = 20) -> list[Case]:
    """随机的词元：小模型没有语言可言。提示比窗口（16）长。"""
    ids = torch.randint(4, len(TOKENS), (count, 20 + answer), generator=seeded("cases", seed)).tolist()
    return [Case(row[: 20 + i], row[20 + i :]) for i, row in enumerate(ids)]


def tiny_source(out: Path, seed: int) -> tuple:
    """冒烟用的：(adapter 文件夹, 基座 GGUF, 装上 adapter 的模型, 题)，与 `export.gemma_source` 同样的形式。"""
    base, folder = out / "tiny.gguf", out / "adapter"
    save_adapter(random_lora(tiny_base(base, seed), seed=seed), folder)

    def load(chosen: Path):
        return load_adapter(tiny_base(base, seed), chosen)

    return folder, base, load, lambda: random_cases(2, seed, 8)
