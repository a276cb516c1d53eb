"""写 GGUF：名字、元数据、原子地写下来；把折进 LoRA 的整个模型写回 GGUF。

教什么：Hugging Face 的名字换回 GGUF 的名字；基座的元数据（分词器在里面）连同类型照抄；目录在数据前面，所以边算边写。
不教什么：GGUF 的每个字节（`gguf` 包会，读的在 `quantization/`）；要逐块搜索的 Q4_K（llama.cpp 的 llama-quantize 会）。
怎么跑：被 `export.py` 使用，没有命令行。
对应笔记：`assistant.md`「导出」。
"""

import math
import os
import re
from collections.abc import Callable
from contextlib import contextmanager, suppress
from pathlib import Path

import gguf
import numpy as np
import torch
from gguf import GGMLQuantizationType, GGUFValueType, LlamaFileType

from book import UserError
from TrainAndFinetune.gguf_to_hf import BLOCK, TOP, hf_name
from TrainAndFinetune.methods.lora import LoRALinear
from TrainAndFinetune.models import open_gguf
from TrainAndFinetune.quantization.gguf_file import Cursor, GGUFFile

ARCHITECTURE = "gemma3"
KINDS = {name: GGMLQuantizationType[name.upper()] for name in ("f32", "f16", "q8_0", "q4_0")}
FILE_TYPES = {
    "f16": LlamaFileType.MOSTLY_F16,
    "q8_0": LlamaFileType.MOSTLY_Q8_0,
    "q4_0": LlamaFileType.MOSTLY_Q4_0,
}
GGUF_NAMES = {hf: name for name, hf in (BLOCK | TOP).items()}


def gguf_name(name: str) -> str:
    """`gguf_to_hf.hf_name` 的反面：一个权重在 GGUF 里叫什么。

    >>> gguf_name("model.layers.3.mlp.gate_proj.weight"), gguf_name("model.norm.weight")
    ('blk.3.ffn_gate.weight', 'output_norm.weight')
    """
    stem = name.removesuffix(".weight")
    layer = re.match(r"model\.layers\.(\d+)\.", stem)
    inner = stem[layer.end() :] if layer else stem
    if inner not in (BLOCK if layer else TOP).values():
        raise UserError(f"{name} 在 GGUF 里没有对应的名字：导出只懂 Gemma 3 的文本模型")
    return f"blk.{layer[1]}.{GGUF_NAMES[inner]}.weight" if layer else f"{GGUF_NAMES[inner]}.weight"


def entry(value) -> tuple:
    """一项元数据，照 llama.cpp 要的类型：(值, 类型, 列表里的类型)。

    >>> entry("lora")[1].name, entry(16.0)[1].name, entry(18)[1].name
    ('STRING', 'FLOAT32', 'UINT32')
    """
    if isinstance(value, list):
        return value, GGUFValueType.ARRAY, GGUFValueType.get_type(value[0])
    # 个数都是无符号的：gguf 包猜成 INT32，llama.cpp 按名字取时类型不对就不肯加载
    kinds = {str: GGUFValueType.STRING, float: GGUFValueType.FLOAT32, int: GGUFValueType.UINT32}
    return value, kinds[type(value)], None


def typed_metadata(reader: GGUFFile) -> dict[str, tuple]:
    """一个 GGUF 的全部元数据：键 -> (值, 类型, 列表里的类型)。`GGUFFile.metadata` 只留了值。"""
    cursor = Cursor(reader.data)
    cursor.take(16)  # 四个字母、版本、张量的个数
    found = {}
    for _ in range(cursor.number("Q")):
        key, kind = cursor.text(), GGUFValueType(cursor.number("I"))
        inner = GGUFValueType(Cursor(reader.data[cursor.place :]).number("I")) if kind is GGUFValueType.ARRAY else None
        found[key] = (cursor.value(kind), kind, inner)
    return found


@contextmanager
def atomic_path(path: Path):
    """`with atomic_path(path) as temporary`：写到 temporary，正常结束才改名成 path；出错不留半个文件，旧的还在。"""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        with open(temporary, "rb+") as file:
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as error:
        raise UserError(f"写 {path} 失败（{error.strerror or error}）；换一个能写、空间够的目录") from None
    finally:
        with suppress(OSError):  # 改了名就没有了；目录建不了也没有
            temporary.unlink()


def write_gguf(
    path: Path,
    metadata: dict[str, tuple],
    plan: dict[str, tuple[tuple[int, ...], GGMLQuantizationType]],
    make: Callable[[str], np.ndarray],
) -> Path:
    """原子地写一个 GGUF：plan 是 名字 -> (形状, 类型)，make(名字) 给出那个张量的 float32。

    目录写着每个张量多大，由 plan 就算得出；所以先写目录，再一个一个地算、量化、写，内存里最多放一个张量。
    """
    with atomic_path(Path(path)) as temporary:
        writer = gguf.GGUFWriter(temporary, ARCHITECTURE)
        try:
            for key, value in metadata.items():
                writer.add_key_value(key, *value)
            for name, (shape, kind) in plan.items():
                block, size = gguf.GGML_QUANT_SIZES[kind]
                writer.add_tensor_info(name, shape, np.dtype(np.float32), math.prod(shape) // block * size, kind)
            writer.write_header_to_file()
            writer.write_kv_data_to_file()
            writer.write_ti_data_to_file()
            for name, (_, kind) in plan.items():
                writer.write_tensor_data(gguf.quants.quantize(make(name), kind))
        finally:
            writer.close()
    return Path(path)


# region write_merged
def merged_metadata(reader: GGUFFile, kind: str) -> dict[str, tuple]:
    """基座的元数据（分词器也在里面）原样照抄；只换说明权重怎样存的几项。"""
    replaced = ("general.architecture", "general.alignment", "general.file_type", "general.quantization_version")
    kept = {key: value for key, value in typed_metadata(reader).items() if key not in replaced}
    kept = {key: value for key, value in kept.items() if not key.startswith("quantize.")}  # 量化基座时的校准数据
    new = {"general.file_type": entry(int(FILE_TYPES[kind]))}
    if kind != "f16":
        new["general.quantization_version"] = entry(gguf.GGML_QUANT_VERSION)
    return kept | new


def stored_as(name: str, shape: tuple[int, ...], kind: str) -> GGMLQuantizationType:
    """一个张量存成什么：归一化的向量是 f32；一行放不满整块的留 f16。"""
    if len(shape) == 1:
        return KINDS["f32"]
    if kind == "q4_0" and name == "token_embd.weight":
        kind = "q8_0"  # 它也是输出层，误差直接进 logits；llama.cpp 的 llama-quantize 同样给它多留几位
    block, _ = gguf.GGML_QUANT_SIZES[KINDS[kind]]
    return KINDS[kind] if shape[-1] % block == 0 else KINDS["f16"]


def merged_weight(model, name: str) -> torch.Tensor:
    """叫 name 的权重，折进了现在用的 LoRA（有的话）；model 原样不动。"""
    layer = model.get_submodule(name.removesuffix(".weight"))
    if not isinstance(layer, LoRALinear):
        return layer.weight.detach()
    active = model.tuning.active
    return layer.merged_weight(active) if active in layer.lora_A else layer.base_layer.weight.detach()


def check_model(model, reader: GGUFFile, file: str) -> None:
    """模型与基座 GGUF 的层数、每个权重的形状都相同，装着的只有 LoRA。"""
    if (tuning := getattr(model, "tuning", None)) and tuning.method != "lora":
        raise UserError(f"模型上装的是 {tuning.method}；这里只折 LoRA，别的先 merge(model) 再 unload(model)")
    layers = model.config.num_hidden_layers
    if len(reader.tensors) != len(BLOCK) * layers + len(TOP):
        raise UserError(f"{file} 有 {len(reader.tensors)} 个张量，{layers} 层的模型不是这么多；换成它的那个基座")
    for tensor in reader.tensors:
        layer = model.get_submodule(hf_name(tensor.name).removesuffix(".weight"))
        shape = tuple(getattr(layer, "base_layer", layer).weight.shape)
        if shape != tensor.shape:
            raise UserError(f"{file} 的 {tensor.name} 是 {tensor.shape}，模型的是 {shape}；换成它的那个基座")


def write_merged(model, base_gguf: Path, path: Path, kind: str) -> Path:
    """折进 LoRA 的整个模型写成 GGUF；kind 是 f16、q8_0、q4_0。model 要用 float32 加载：bf16 的合并先舍入一次。

    元数据与张量的次序照 base_gguf；名字换回去，归一化的权重加回 1。与 base_gguf 对不上就抛 UserError。
    """
    if kind not in FILE_TYPES:
        raise UserError(f"kind={kind!r}；可选 {'、'.join(FILE_TYPES)}")
    reader = open_gguf(Path(base_gguf))
    check_model(model, reader, Path(base_gguf).name)

    def make(name: str) -> np.ndarray:
        value = merged_weight(model, hf_name(name)).float().numpy()
        return value + 1 if name.endswith("norm.weight") else value  # transformers 存 w，llama.cpp 存 1 + w

    plan = {tensor.name: (tensor.shape, stored_as(tensor.name, tensor.shape, kind)) for tensor in reader.tensors}
    return write_gguf(path, merged_metadata(reader, kind), plan, make)


# endregion
