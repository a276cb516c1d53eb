"""导出：把微调出来的 LoRA 变成 llama.cpp 认的 GGUF，交给 `serve.py`。

教什么：adapter 的 GGUF 里有什么（名字、形状、α）；发布哪三个文件，多大；什么导不出去。
不教什么：GGUF 怎样写、合并后的整个模型（`export_gguf.py`）；与 PyTorch 怎样比（`export_check.py`）。
怎么跑：
  python TrainAndFinetune/export.py --adapter 文件夹                  三个文件写到 --out，几秒钟
  python TrainAndFinetune/export.py --adapter 文件夹 --merged q8_0    写合并后的整个模型，约一分钟
  python TrainAndFinetune/export.py --adapter 文件夹 --check          与 PyTorch 逐个词元比（`export_check.py`）
  python TrainAndFinetune/export.py --smoke                           随机的小模型全走一遍，10 秒内
不给 --adapter 就用 outputs/ 里最新的一个，一个也没有就同 --smoke。写好以后：
  python TrainAndFinetune/serve.py --adapter outputs/TrainAndFinetune/export/book-assistant.gguf
对应笔记：`assistant.md`「导出」。
"""

import json
import math
import os
import re
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from book import (
    Parser,
    UserError,
    atomic_write,
    common_options,
    emit_result,
    output_dir,
    positive_int,
    repository_root,
    run,
)
from TrainAndFinetune.export_gguf import FILE_TYPES, KINDS, entry, gguf_name, write_gguf, write_merged
from TrainAndFinetune.methods.formats import PEFT, REFUSED
from TrainAndFinetune.methods.saving import SETTINGS, WEIGHTS, load_adapter, read_adapter
from TrainAndFinetune.models import EMBEDDED, GEMMA, assemble, keep_licence, open_gguf
from TrainAndFinetune.serve import ASSISTANT

HUB_NAME = "google/gemma-3-270m"  # 写进 adapter_config.json：原来的是训练那台机器上的路径
LIMIT = 16 * 2**20  # 两份权重一共最多几个字节：它们放在仓库里


@dataclass(frozen=True)
class Lora:
    """一个 LoRA，llama.cpp 的写法：ΔW = (alpha / rank) B A；tensors 是 名字 -> 值，A (r, in)、B (out, r)。"""

    tensors: dict[str, torch.Tensor]
    alpha: float
    rank: int


def check_settings(settings: dict, folder: Path) -> None:
    """GGUF 的 adapter 表达不了的设置，一句话拒绝。"""
    if (kind := settings.get("peft_type")) != "LORA":
        raise UserError(f"{folder} 的 peft_type 是 {kind!r}，llama.cpp 的 adapter 只有 LoRA；换一个 LoRA 的 adapter")
    if settings.get("use_dora"):
        raise UserError(f"{folder} 是 DoRA，llama.cpp 的 adapter 里放不下它的长度；折进权重再导出：--merged f16")
    odd = [key for key in (*REFUSED, "fan_in_fan_out") if settings.get(key)]
    odd += ["bias"] if settings.get("bias", "none") != "none" else []
    if odd:
        raise UserError(f"{folder} 用了 {odd}，llama.cpp 的 adapter 没有这些；重新训练一个不用它们的")
    rank, alpha = settings.get("r"), settings.get("lora_alpha")
    if type(rank) is not int or rank < 1 or type(alpha) not in (int, float) or not 0 < alpha < math.inf:
        raise UserError(f"{folder} 的 r={rank!r}、lora_alpha={alpha!r}；需要正整数与正数，换一个 adapter")


def lora_name(key: str) -> str:
    """peft 的键名 -> GGUF 的名字。

    >>> lora_name("base_model.model.model.layers.3.mlp.gate_proj.lora_A.weight")
    'blk.3.ffn_gate.weight.lora_a'
    """
    found = re.fullmatch(re.escape(PEFT) + r"(model\.layers\.\d+\.\w+\.\w+_proj)\.lora_([AB])\.weight", key)
    if not found:
        raise UserError(f"{key} 导不出：只认注意力与前馈的七种线性层的 lora_A、lora_B；重新训练时去掉这个目标")
    return f"{gguf_name(found[1])}.lora_{found[2].lower()}"


def check_pairs(tensors: dict[str, torch.Tensor], rank: int, folder: Path) -> None:
    """A 与 B 成对，秩与设置相同。"""
    if not tensors:
        raise UserError(f"{folder} 里一个张量也没有；换一个 adapter")
    for name, value in tensors.items():
        partner = name[:-1] + ("b" if name.endswith("a") else "a")
        if partner not in tensors:
            raise UserError(f"{folder} 里有 {name}，没有 {partner}；文件不完整，重新存一次")
        if value.ndim != 2 or value.shape[name.endswith("b")] != rank:  # A 的行、B 的列
            raise UserError(f"{folder} 的 {name} 形状是 {tuple(value.shape)}，与 r={rank} 对不上；重新存一次")
        if not (value.abs() <= torch.finfo(torch.float16).max).all():  # nan 也在这里拦下
            raise UserError(f"{folder} 的 {name} 里有 float16 放不下的数；训练多半发散了，换一个检查点")


def read_lora(folder: Path) -> Lora:
    """读一个 LoRA 的文件夹（peft 的格式），换成 llama.cpp 的名字与 α。

    llama.cpp 的缩放只有 alpha / rank 一种。rsLoRA 的是 α/√r，就写 alpha = α√r：(α√r) / r = α/√r。
    """
    loaded, settings, _ = read_adapter(folder)
    check_settings(settings, folder)
    rank, tensors = settings["r"], {lora_name(key): value for key, value in sorted(loaded.items())}
    check_pairs(tensors, rank, folder)
    alpha = settings["lora_alpha"] * (math.sqrt(rank) if settings.get("use_rslora") else 1)
    return Lora(tensors, float(alpha), rank)


def check_base(lora: Lora, base: Path) -> None:
    """A 的宽、B 的高与基座 GGUF 里的权重 (out, in) 对得上；不对就是另一个基座上训练的。"""
    shapes = {tensor.name: tensor.shape for tensor in open_gguf(base).tensors}
    for name, value in lora.tensors.items():
        weight, _, side = name.rpartition(".")
        axis = 1 if side == "lora_a" else 0
        if weight not in shapes or shapes[weight][axis] != value.shape[axis]:
            need = f"{weight} 是 {shapes[weight]}" if weight in shapes else f"那里没有 {weight}"
            raise UserError(f"adapter 的 {name} 是 {tuple(value.shape)}，{base.name} 里 {need}；换成训练它的那个基座")


# region write_adapter
def write_lora(lora: Lora, path: Path, dtype: str) -> Path:
    """llama.cpp 的 adapter：说明身份的四项元数据，每个目标一对张量。"""
    metadata = {  # general.architecture 由 GGUFWriter 写
        "general.type": entry("adapter"),
        "adapter.type": entry("lora"),
        "adapter.lora.alpha": entry(lora.alpha),
    }
    plan = {name: (tuple(value.shape), KINDS[dtype]) for name, value in lora.tensors.items()}
    return write_gguf(path, metadata, plan, lambda name: lora.tensors[name].float().numpy())


def write_adapter(folder: Path, path: Path, dtype: str = "f16") -> Path:
    """LoRA 的文件夹（peft 的格式，`save_adapter` 写的）-> llama.cpp 的 adapter `path`；dtype 是 f16 或 f32。"""
    if dtype not in ("f16", "f32"):
        raise UserError(f"dtype={dtype!r}；llama.cpp 的 adapter 用 f16 或 f32")
    return write_lora(read_lora(Path(folder)), path, dtype)


# endregion


def ship(folder: Path, destination: Path, base: Path | None = None) -> dict:
    """把 adapter 发布到 destination：bf16 的 safetensors、设置、GGUF 三个文件；返回各几个字节。

    GGUF 从收成 bf16 之后的数写起：用 peft 加载的与 serve.py 用的是同一份数。给了 base（GGUF）就核对形状。
    三个文件先在旁边写好、量过大小，再逐个改名到位；超过 16 MiB 就拒绝，destination 里的文件原样不动。
    """
    from safetensors.torch import save

    folder, lora = Path(folder), read_lora(Path(folder))
    if base is not None:
        check_base(lora, base)
    tensors, settings, metadata = read_adapter(folder)
    tensors = {key: value.to(torch.bfloat16).contiguous() for key, value in sorted(tensors.items())}
    rounded = replace(lora, tensors={lora_name(key): value for key, value in tensors.items()})
    text = json.dumps(settings | {"base_model_name_or_path": HUB_NAME}, ensure_ascii=False, indent=2, sort_keys=True)
    destination = output_dir(Path(destination))
    with tempfile.TemporaryDirectory(prefix=".ship-", dir=destination) as work:
        names = (WEIGHTS, SETTINGS, f"{ASSISTANT}.gguf")
        parts = [Path(work) / name for name in names]
        atomic_write(parts[0], save(tensors, {"format": "pt"} | metadata))
        atomic_write(parts[1], f"{text}\n".encode())
        write_lora(rounded, parts[2], "f16")
        sizes = [part.stat().st_size for part in parts]
        check_size(sizes[0] + sizes[2], lora.rank)
        for part in parts:
            os.replace(part, destination / part.name)
    for name, size in zip(names, sizes):
        print(f"{size:>11,} 字节  {destination / name}")
    return {"safetensors_bytes": sizes[0], "settings_bytes": sizes[1], "gguf_bytes": sizes[2]}


def check_size(total: int, rank: int) -> None:
    """两份权重一共 total 个字节，超过上限就抛 UserError，说秩该降到多少。"""
    text = f"safetensors 与 GGUF 一共 {total / 2**20:.2f} MiB，上限 {LIMIT / 2**20:g} MiB"
    if total > LIMIT:
        raise UserError(f"{text}；秩从 {rank} 降到 {max(1, rank * LIMIT // total)} 再训练，或者少装几种层")
    print(text)


def newest_adapter(besides: Path) -> Path | None:
    """outputs/ 里最新的 adapter 文件夹；besides 是我们自己的输出，不算。"""
    found = (repository_root() / "outputs" / "TrainAndFinetune").rglob(SETTINGS)
    found = [path for path in found if besides.resolve() not in path.resolve().parents]
    return max(found, key=lambda path: path.stat().st_mtime).parent if found else None


def gemma_source(args) -> tuple:
    """真的基座：(GGUF, 文件夹 -> 装上那个 adapter 的模型, 比较用的题)；后两个是函数，用到才加载。"""
    from TrainAndFinetune.base import hf_folder, load_base
    from TrainAndFinetune.export_check import dialogue_cases

    def load(folder: Path):
        return load_adapter(load_base(torch.float32)[0], folder)

    def cases():
        from transformers import AutoTokenizer

        tokenizer = AutoTokenizer.from_pretrained(hf_folder(), local_files_only=True)
        return dialogue_cases(tokenizer, args.prompts, args.seed)

    return assemble(EMBEDDED), load, cases


def options(argv):
    """命令行。"""
    parser = Parser(__doc__)
    parser.add_argument("--adapter", type=Path, metavar="DIR", help="LoRA 的文件夹，默认 outputs/ 里最新的一个")
    parser.add_argument("--merged", choices=[*FILE_TYPES], help="写合并后的整个模型；不给就写 adapter 的三个文件")
    parser.add_argument("--check", action="store_true", help="写 adapter，再把几种导出与 PyTorch 比，默认不比")
    parser.add_argument("--prompts", type=positive_int, default=50, metavar="N", help="--check 比几道题，默认 50")
    parser.add_argument("--steps", type=positive_int, default=32, metavar="N", help="--check 每题续写几步，默认 32")
    common_options(parser, __file__)
    args = parser.parse_args(argv)
    if args.device not in ("auto", "cpu"):
        raise UserError(f"--device {args.device}：导出与比较只用 CPU；去掉 --device")
    return args


def main(argv=None) -> dict:
    args = options(argv)
    from TrainAndFinetune import export_check, export_tiny

    args.adapter = args.adapter or newest_adapter(args.out)
    tiny = args.smoke or args.adapter is None
    if tiny:
        print("随机的小模型：只看走不走得通" + ("" if args.smoke else "；outputs/ 里还没有训练好的 adapter"))
        args.out, args.steps, args.check, args.merged = args.out / "smoke", 8, True, args.merged or "q8_0"
        args.adapter, *source = export_tiny.tiny_source(output_dir(args.out), args.seed)
    else:
        source = gemma_source(args)
    (base, load, cases), out, result = source, output_dir(args.out), {"tiny": tiny}
    print(f"adapter {args.adapter}  基座 {base.name}  输出 {out}  设备 cpu")
    if args.check or not args.merged:
        lora = read_lora(args.adapter)
        result |= {"rank": lora.rank, "alpha": lora.alpha, "tensors": len(lora.tensors)}
        result |= ship(args.adapter, out, base)
    if args.merged:
        path = write_merged(load(args.adapter), base, out / f"{ASSISTANT}-{args.merged}.gguf", args.merged)
        result |= {"merged": args.merged, "merged_bytes": path.stat().st_size}
        print(f"{path.stat().st_size:>11,} 字节  {path}")
        if not tiny:
            keep_licence(path, path.stem, GEMMA)
    if args.check:
        # PyTorch 装刚发布的那一份：两边是同一组 bf16 的数
        result["check"] = export_check.check(load(out), base, out / f"{ASSISTANT}.gguf", cases(), args.steps)
    return emit_result(result)


if __name__ == "__main__":
    run(main)
