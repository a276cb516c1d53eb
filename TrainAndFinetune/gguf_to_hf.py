"""把 GGUF 文件转成 Hugging Face 的文件夹：bf16 的 safetensors、tokenizer.json、config.json。

教什么：两种格式里同一个张量叫什么、有什么不同（Gemma 的归一化权重差 1），反量化是什么。
不教什么：一块 Q4_K 怎么解开（`quantization/`）；transformers 自己也能读 GGUF，测试拿它当参照。
怎么跑：`python TrainAndFinetune/download_model.py --convert`，第一次约一分钟，以后加载约 1 秒。
对应笔记：`1_deploy.md`。
"""

import json
import os
import re
import shutil
import tempfile
from pathlib import Path

import torch

from book import UserError
from TrainAndFinetune.models import open_gguf
from TrainAndFinetune.quantization.gguf_file import GGUFFile
from TrainAndFinetune.quantization.memory import require_memory

# GGUF 的名字 -> Hugging Face 的名字。{n} 是层号
BLOCK = {
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_q_norm": "self_attn.q_norm",
    "attn_k_norm": "self_attn.k_norm",
    "attn_output": "self_attn.o_proj",
    "post_attention_norm": "post_attention_layernorm",
    "ffn_norm": "pre_feedforward_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
    "post_ffw_norm": "post_feedforward_layernorm",
}
TOP = {"token_embd": "model.embed_tokens", "output_norm": "model.norm"}


def hf_name(name: str) -> str:
    """张量的 Hugging Face 名字。

    >>> hf_name("blk.3.ffn_gate.weight")
    'model.layers.3.mlp.gate_proj.weight'
    """
    stem = name.removesuffix(".weight")
    if stem in TOP:
        return f"{TOP[stem]}.weight"
    found = re.fullmatch(r"blk\.(\d+)\.(\w+)", stem)
    if not found or found[2] not in BLOCK:
        raise UserError(f"GGUF 里的张量 {name} 不认识：这个转换只懂 Gemma 3 的文本模型")
    return f"model.layers.{found[1]}.{BLOCK[found[2]]}.weight"


def read_weights(reader: GGUFFile) -> dict[str, torch.Tensor]:
    """全部张量：反量化成 float32，换成 Hugging Face 的名字，再收成 bf16。"""
    weights = {}
    for tensor in reader.tensors:
        name = hf_name(tensor.name)
        value = torch.tensor(reader.values(tensor))
        if name.endswith("norm.weight"):
            value = value - 1  # GGUF 存的是 1 + w：llama.cpp 直接乘；transformers 的 Gemma 乘 (1 + w)
        weights[name] = value.to(torch.bfloat16)
    return weights


def field(reader: GGUFFile, name: str):
    """一个元数据的值。"""
    if name not in reader.metadata:
        raise UserError(f"GGUF 里没有元数据 {name}：文件不完整，或不是 Gemma 3")
    return reader.metadata[name]


def read_config(reader: GGUFFile) -> dict:
    """`Gemma3TextConfig` 的各项。GGUF 里没有的（滑动窗口隔几层、局部 RoPE 的底数）是 Gemma 3 的定值。"""
    if (kind := field(reader, "general.architecture")) != "gemma3":
        raise UserError(f"这个 GGUF 是 {kind}；转换只懂 gemma3")

    def value(name: str):
        return field(reader, f"gemma3.{name}")

    return {
        "vocab_size": len(field(reader, "tokenizer.ggml.tokens")),
        "hidden_size": value("embedding_length"),
        "intermediate_size": value("feed_forward_length"),
        "num_hidden_layers": value("block_count"),
        "num_attention_heads": value("attention.head_count"),
        "num_key_value_heads": value("attention.head_count_kv"),
        "head_dim": value("attention.key_length"),
        "query_pre_attn_scalar": value("attention.key_length"),
        "sliding_window": value("attention.sliding_window"),
        "max_position_embeddings": value("context_length"),
        "rms_norm_eps": value("attention.layer_norm_rms_epsilon"),
        "bos_token_id": field(reader, "tokenizer.ggml.bos_token_id"),
        "eos_token_id": field(reader, "tokenizer.ggml.eos_token_id"),
        "pad_token_id": field(reader, "tokenizer.ggml.padding_token_id"),
    }


def convert(path: Path, folder: Path) -> Path:
    """把 GGUF `path` 转到 `folder`；先写临时目录再改名，中途断电不会留下半个模型。"""
    from safetensors.torch import save_file
    from transformers import AutoTokenizer, Gemma3TextConfig

    reader = open_gguf(path)
    sizes = [tensor.parameters for tensor in reader.tensors]
    require_memory(
        2 * sum(sizes) + 8 * max(sizes, default=0), f"转换 {path.name} "
    )  # 全部的 bf16，加最大的两份 float32
    config = Gemma3TextConfig(**read_config(reader), architectures=["Gemma3ForCausalLM"], dtype="bfloat16")
    folder.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        print(f"把 {path.name} 转成 Hugging Face 的文件夹，约一分钟，只做一次：{folder}", flush=True)
        save_file(read_weights(reader), work / "model.safetensors", metadata={"format": "pt"})
        AutoTokenizer.from_pretrained(path.parent, gguf_file=path.name).save_pretrained(work)
        (work / "config.json").write_text(json.dumps(config.to_dict(), indent=1), encoding="utf-8")
        if folder.exists():
            shutil.rmtree(folder)
        os.replace(work, folder)
    except OSError as error:  # 另一个进程先转好了，就用它的
        if not (folder / "config.json").is_file():
            raise UserError(f"写 {folder} 失败（{error.strerror}）；要 600 MB 空间") from None
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return folder
