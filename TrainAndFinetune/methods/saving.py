"""存与读 adapter：只有 adapter 自己的键，270M 的基座一个字节也不进文件。

教什么：adapter_model.safetensors 与 adapter_config.json；读之前核对名字、形状、基座，装错基座一句话拒绝，模型原样不动。
不教什么：文件里的键名（`formats.py`）、导出成 GGUF。
对应笔记：`7_peft.md`。
"""

import hashlib
import json
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from book import UserError, atomic_write
from TrainAndFinetune.methods.formats import assign, build, export
from TrainAndFinetune.methods.inject import tuning_of
from TrainAndFinetune.methods.switching import delete_adapter, known, set_adapter, unload

WEIGHTS, SETTINGS = "adapter_model.safetensors", "adapter_config.json"


def base_fingerprint(model) -> str:
    """基座的指纹：词向量表里均匀取 64 行，转成 bf16，算 sha256 的前 16 位。

    bf16 与 float32 加载的同一个基座指纹相同；没有一种 adapter 改词向量，所以装没装 adapter 也相同。
    """
    table = model.get_input_embeddings().weight.detach()
    rows = table[torch.linspace(0, len(table) - 1, 64, device=table.device).long()]
    return hashlib.sha256(rows.to(torch.bfloat16).cpu().view(torch.int16).numpy().tobytes()).hexdigest()[:16]


def save_adapter(model, folder: Path, name: str | None = None) -> Path:
    """把现在用的（或叫 name 的）adapter 存进 folder，返回 folder；写是原子的。"""
    tuning, folder = tuning_of(model), Path(folder)
    name = known(tuning, tuning.active if name is None else name)
    tensors, settings = export(model, name)
    tensors = {key: value.detach().cpu().contiguous() for key, value in sorted(tensors.items())}
    metadata = {"format": "pt", "method": tuning.method, "base": base_fingerprint(model)}
    atomic_write(folder / WEIGHTS, save(tensors, metadata))
    text = json.dumps(settings, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
    atomic_write(folder / SETTINGS, text.encode())
    return folder


def read_adapter(folder: Path) -> tuple[dict[str, torch.Tensor], dict, dict]:
    """读一个 adapter 文件夹：(张量, 设置, 元数据)；缺文件、坏文件都是一句 UserError。"""
    folder = Path(folder)
    for file in (folder / WEIGHTS, folder / SETTINGS):
        if not file.is_file():
            raise UserError(f"找不到 {file}；adapter 的文件夹里要有 {WEIGHTS} 与 {SETTINGS}")
    try:
        settings = json.loads((folder / SETTINGS).read_text(encoding="utf-8"))
        with safe_open(folder / WEIGHTS, "pt") as file:
            tensors, metadata = {key: file.get_tensor(key) for key in file.keys()}, file.metadata() or {}  # noqa: SIM118
    except (SafetensorError, OSError, ValueError) as error:
        raise UserError(f"{folder} 读不出来（{error}）；文件坏了，重新存一次或换一个") from None
    if not isinstance(settings, dict):
        raise UserError(f"{folder / SETTINGS} 不是一个 JSON 对象；换一个 adapter")
    return tensors, settings, metadata


def check_fits(model, tensors: dict[str, torch.Tensor], name: str, folder: Path) -> None:
    """文件的键与形状，与装好的 adapter 一一对上；不对就说是哪一个。"""
    wanted, _ = export(model, name)
    missing, extra = sorted(wanted.keys() - tensors.keys()), sorted(tensors.keys() - wanted.keys())
    if missing or extra:
        which = f"缺 {missing[0]}" if missing else f"多出 {extra[0]}"
        raise UserError(
            f"{folder} 与这个基座对不上：{which}（缺 {len(missing)} 个，多 {len(extra)} 个）；换成训练它的那个基座"
        )
    for key, value in wanted.items():
        if value.shape != tensors[key].shape:
            got, need = tuple(tensors[key].shape), tuple(value.shape)
            raise UserError(f"{folder} 与这个基座对不上：{key} 是 {got}，需要 {need}；换成训练它的那个基座")


def load_adapter(model, folder: Path, name: str = "default", same_base: bool = True):
    """把 folder 里的 adapter 装到 model 上，名叫 name，并切换到它；返回 model。

    对不上（名字、形状、基座的指纹）就抛 UserError，模型原样不动。same_base=False 不查指纹：同一个基座的另一种量化。
    """
    tensors, settings, metadata = read_adapter(folder)
    mark = base_fingerprint(model)
    if same_base and metadata.get("base", mark) != mark:
        raise UserError(
            f"{folder} 是在另一个基座上训练的（指纹 {metadata['base']}，这个是 {mark}）；换成训练它的那个基座"
        )
    tuning = getattr(model, "tuning", None)
    before = tuning.active if tuning else None
    try:
        build(model, settings, name, Path(folder))
        check_fits(model, tensors, name, Path(folder))
    except (UserError, KeyError, TypeError) as error:
        installed = getattr(model, "tuning", None)
        if before is None and installed:
            unload(model)
        elif installed and name in installed.configs and name != before and installed.active == name:
            set_adapter(model, before)
            delete_adapter(model, name)
        if isinstance(error, UserError):
            raise
        raise UserError(f"{Path(folder) / SETTINGS} 缺字段或类型不对（{error}）；换一个 adapter") from None
    assign(model, tensors, name)
    return model
