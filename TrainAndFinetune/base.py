"""本章用的两个模型：Gemma 3 270M（真的），同样结构的随机小模型（测试用）。

教什么：从本地的 Hugging Face 文件夹加载模型与分词器，不碰网络。
不教什么：文件夹从哪里来（`download_model.py`、`gguf_to_hf.py`）。
对应笔记：`1_deploy.md`。
"""

from pathlib import Path

import torch
from transformers import AutoTokenizer, Gemma3ForCausalLM, Gemma3TextConfig, PreTrainedTokenizerBase

from book import UserError
from TrainAndFinetune.cache import book_cache
from TrainAndFinetune.gguf_to_hf import convert
from TrainAndFinetune.models import EMBEDDED, assemble


def hf_folder() -> Path:
    """基座模型的 Hugging Face 文件夹（bf16 safetensors 与 tokenizer.json）；没有就从 GGUF 转一次，约一分钟。"""
    folder = book_cache() / "hf" / EMBEDDED
    return folder if (folder / "config.json").is_file() else convert(assemble(EMBEDDED), folder)


def load_base(
    dtype: torch.dtype = torch.float32, folder: Path | None = None
) -> tuple[Gemma3ForCausalLM, PreTrainedTokenizerBase]:
    """加载 Gemma 3 270M（或 folder 里的同类模型）：模型在 eval 状态，`dtype` 是算的时候的类型。"""
    folder = Path(folder) if folder else hf_folder()
    if not (folder / "config.json").is_file():
        raise UserError(f"{folder} 里没有 config.json，不是 Hugging Face 的模型文件夹")
    model = Gemma3ForCausalLM.from_pretrained(folder, dtype=dtype, local_files_only=True)
    return model.eval(), AutoTokenizer.from_pretrained(folder, local_files_only=True)


def tiny_model(seed: int = 0, **changes) -> Gemma3ForCausalLM:
    """同样结构的随机小模型，几毫秒建好：测试一件事对不对，不需要真的权重。

    >>> tiny_model().config.num_hidden_layers
    2
    """
    torch.manual_seed(seed)
    shape = {
        "vocab_size": 97, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2,
        "head_dim": 8, "num_attention_heads": 4,
        "num_key_value_heads": 2, "sliding_window": 16, "max_position_embeddings": 256, "query_pre_attn_scalar": 8,
    }  # fmt: skip
    return Gemma3ForCausalLM(Gemma3TextConfig(**(shape | changes))).eval()
