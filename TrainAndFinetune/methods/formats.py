"""adapter 与文件之间的换算：LoRA、前缀、提示、(IA)³ 用 peft 的键名与设置，两边的文件可以互换。

教什么：peft 的文件里到底有什么；形状怎样一一对应。
不教什么：读写文件与检查（`saving.py`）。
对应笔记：`7_peft.md`。

每种方法两个函数：export(model, name) -> (张量, 设置)；build(model, settings, tensors, name, path) 按设置把方法装上。
"""

import torch

from book import UserError
from TrainAndFinetune.methods.adapter import add_adapter
from TrainAndFinetune.methods.ia3 import add_ia3
from TrainAndFinetune.methods.inject import own_parameters, tuners
from TrainAndFinetune.methods.lora import add_lora
from TrainAndFinetune.methods.norms import train_norms
from TrainAndFinetune.methods.prefix import add_prefix
from TrainAndFinetune.methods.prompt import add_prompt

PEFT = "base_model.model."  # peft 把模型包了两层，键名前面多这一截
PEFT_TYPES = {"LORA": "lora", "PREFIX_TUNING": "prefix", "PROMPT_TUNING": "prompt", "IA3": "ia3"}
OWN_TYPES = {"HOULSBY": "adapter", "NORMS": "norms"}  # peft 没有的，用同样的文件，自己的类型名
REFUSED = ("modules_to_save", "rank_pattern", "alpha_pattern", "layers_to_transform", "layer_replication")


def common(model, kind: str) -> dict:
    """每个 adapter_config.json 都有的。"""
    base = getattr(model.config, "_name_or_path", "") or None
    return {"peft_type": kind, "task_type": "CAUSAL_LM", "base_model_name_or_path": base, "inference_mode": True}


def lora_keys(model, name: str) -> dict[str, torch.nn.Parameter]:
    """peft 的键名 -> 我们的参数。"""
    found = {}
    for path, layer in tuners(model).items():
        if name in layer.lora_A:
            found[f"{PEFT}{path}.lora_A.weight"] = layer.lora_A[name]
            found[f"{PEFT}{path}.lora_B.weight"] = layer.lora_B[name]
        if name in layer.magnitude:
            found[f"{PEFT}{path}.lora_magnitude_vector"] = layer.magnitude[name]
    return found


def lora_settings(model, name: str) -> dict:
    """LoRA 的设置，peft 的字段名；α 是整数就写成整数。"""
    config = model.tuning.configs[name]
    alpha = int(config.alpha) if float(config.alpha).is_integer() else config.alpha
    return common(model, "LORA") | {
        "r": config.rank,
        "lora_alpha": alpha,
        "lora_dropout": config.dropout,
        "target_modules": list(config.targets),
        "use_rslora": config.rslora,
        "use_dora": config.dora,
        "bias": "none",
        "fan_in_fan_out": False,
        "init_lora_weights": True,
    }


def build_lora(model, settings: dict, name: str, path) -> None:
    """按 peft 的设置装 LoRA；我们不认的选项拒绝，不悄悄忽略。"""
    odd = [key for key in REFUSED if settings.get(key)] + (["bias"] if settings.get("bias", "none") != "none" else [])
    targets = settings.get("target_modules")
    if odd or not isinstance(targets, (list, tuple)):
        raise UserError(f"{path} 用了本书没有实现的选项 {odd or ['target_modules']}；用 peft 加载它")
    add_lora(
        model,
        rank=settings["r"],
        alpha=settings["lora_alpha"],
        targets=tuple(target.rpartition(".")[2] for target in targets),
        dropout=settings.get("lora_dropout", 0.0),
        rslora=settings.get("use_rslora", False),
        dora=settings.get("use_dora", False),
        name=name,
    )


def flat_prefix(states: torch.Tensor) -> torch.Tensor:
    """我们的 (L, 2, H, P, D) -> peft 的 (P, L·2·H·D)：一行是一个“词”的全部键与值。"""
    return states.permute(3, 0, 1, 2, 4).flatten(1)


def unflat_prefix(flat: torch.Tensor, shape: torch.Size) -> torch.Tensor:
    """`flat_prefix` 的反过来。

    >>> states = torch.randn(3, 2, 1, 4, 5)
    >>> torch.equal(unflat_prefix(flat_prefix(states), states.shape), states)
    True
    """
    L, two, H, P, D = shape
    return flat.view(P, L, two, H, D).permute(1, 2, 3, 0, 4)


def soft_settings(model, kind: str) -> dict:
    """前缀与提示的设置，peft 的字段名。"""
    c, soft = model.config, model.tuning.configs[model.tuning.active]
    heads = c.num_key_value_heads
    settings = common(model, kind) | {"num_virtual_tokens": soft.length, "num_transformer_submodules": 1}
    settings |= {"num_layers": c.num_hidden_layers, "num_attention_heads": heads}
    if kind == "PREFIX_TUNING":
        return settings | {"token_dim": heads * c.head_dim, "encoder_hidden_size": 0, "prefix_projection": False}
    return settings | {"token_dim": c.hidden_size, "prompt_tuning_init": "RANDOM"}


def ia3_keys(model) -> list[tuple[str, torch.nn.Parameter, bool]]:
    """(peft 的键名, 缩放向量, 缩放的是不是输入)。"""
    return [(f"{PEFT}{path}.ia3_l", layer.scale, layer.on_input) for path, layer in tuners(model).items()]


def export(model, name: str) -> tuple[dict[str, torch.Tensor], dict]:
    """叫 name 的 adapter -> (键名 -> 张量, 设置)。"""
    method, config = model.tuning.method, model.tuning.configs[name]
    if method == "lora":
        return dict(lora_keys(model, name)), lora_settings(model, name)
    if method == "prefix":
        return {"prompt_embeddings": flat_prefix(model.prefix.states)}, soft_settings(model, "PREFIX_TUNING")
    if method == "prompt":
        return {"prompt_embeddings": model.prompt.vectors}, soft_settings(model, "PROMPT_TUNING")
    if method == "ia3":
        tensors = {
            f"{PEFT}{p}.ia3_l": m.scale[None] if m.on_input else m.scale[:, None] for p, m in tuners(model).items()
        }
        targets = {"target_modules": [*config.outputs, *config.inputs], "feedforward_modules": list(config.inputs)}
        return tensors, common(model, "IA3") | targets | {"fan_in_fan_out": False}
    kind = {own: kind for kind, own in OWN_TYPES.items()}[method]
    options = {"size": config.size} if method == "adapter" else {}
    return dict(own_parameters(model)), common(model, kind) | options


def build(model, settings: dict, name: str, path) -> str:
    """按设置把方法装到 model 上（值还是初始值），返回方法的名字。"""
    kind = settings.get("peft_type")
    method = {**PEFT_TYPES, **OWN_TYPES}.get(kind)
    if method is None or (method == "prefix" and settings.get("prefix_projection")):
        raise UserError(f"{path} 的 peft_type 是 {kind!r}，本书只认 {[*PEFT_TYPES, *OWN_TYPES]}（前缀不带 projection）")
    if method == "lora":
        build_lora(model, settings, name, path)
    elif method in ("prefix", "prompt"):
        add = add_prefix if method == "prefix" else add_prompt
        add(model, settings["num_virtual_tokens"], "random")
    elif method == "ia3":
        inputs = tuple(settings.get("feedforward_modules") or ())
        add_ia3(model, tuple(t for t in settings["target_modules"] if t not in inputs), inputs)
    elif method == "adapter":
        add_adapter(model, settings["size"])
    else:
        train_norms(model)
    return method


def assign(model, tensors: dict[str, torch.Tensor], name: str) -> None:
    """把文件里的值写进刚装好的 adapter；形状已经核对过。"""
    method = model.tuning.method
    with torch.no_grad():
        if method == "prefix":
            states = model.prefix.states
            states.copy_(unflat_prefix(tensors["prompt_embeddings"], states.shape))
            return
        targets = {
            "lora": lambda: lora_keys(model, name),
            "prompt": lambda: {"prompt_embeddings": model.prompt.vectors},
        }
        targets |= {"ia3": lambda: {f"{PEFT}{p}.ia3_l": m.scale for p, m in tuners(model).items()}}
        for key, parameter in targets.get(method, lambda: own_parameters(model))().items():
            parameter.copy_(tensors[key].view(parameter.shape))
