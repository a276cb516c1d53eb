"""一次微调的全部设定，与学习率怎样随步数变。

教什么：微调有哪些旋钮，每一个的默认值；余弦学习率。
不教什么：方法自己的选项（`methods/`）。
不是脚本，由 `finetune.py` 导入。对应笔记：`4_full.md`。
"""

import inspect
import json
import math
from contextlib import suppress
from dataclasses import dataclass

from book import UserError, has_fast_bf16

METHODS = ("full", "adapter", "prefix", "prompt", "lora", "qlora", "ia3", "norms")
# 默认的学习率：小模型的来自 compare.py 的搜索，大模型的小一个多数量级。训练的参数越少，步子要越大
SMALL_RATES = {
    "full": 1e-3, "adapter": 3e-3, "lora": 3e-3, "qlora": 3e-3,
    "norms": 1e-2, "ia3": 1e-2, "prefix": 1e-2, "prompt": 3e-2,
}  # fmt: skip
LARGE_RATES = {
    "full": 3e-5, "adapter": 3e-4, "lora": 3e-4, "qlora": 3e-4,
    "norms": 1e-3, "ia3": 3e-3, "prefix": 1e-2, "prompt": 1e-1,
}  # fmt: skip


@dataclass(frozen=True)
class Settings:
    """一次微调；除了 `parallel`，续训时都不能变（学习率随总步数变，所以步数也不能）。"""

    model: str = "small"  # small、gemma，或一个 Hugging Face 文件夹
    method: str = "full"
    options: tuple = ()  # 交给方法的，如 (("rank", 16),)
    lr: float = 0.0  # 峰值；0：照上面的表
    epochs: int = 3
    steps: int = 0  # 总步数；0：由轮数算
    tokens_per_batch: int = 2048  # 一步里的词元，连填充
    max_length: int = 256  # 一条对话最多几个词元
    warmup: float = 0.05  # 预热占总步数的几成
    floor: float = 0.1  # 余弦降到峰值的几成
    clip: float = 1.0  # 梯度范数的上限；0：不裁
    weight_decay: float = 0.0
    seed: int = 0
    precision: str = "fp32"  # 矩阵乘法用 fp32 还是 bf16；权重总是 float32
    pack: bool = False
    checkpointing: bool = False  # 梯度检查点：激活不存，反向时重算
    parallel: str = "ddp"  # torchrun 下：ddp 或 fsdp

    def __post_init__(self):
        if self.method not in METHODS:
            raise UserError(f"--method {self.method}，可选 {'、'.join(METHODS)}")
        for name in ("lr", "warmup", "floor", "clip", "weight_decay"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value >= 0):
                raise UserError(f"收到 {name}={value}，需要不小于 0 的数")
        if self.warmup > 1:
            raise UserError(f"收到 --warmup {self.warmup:g}；--warmup 是几成，需要 0 到 1")
        if self.pack and self.method in ("prefix", "prompt"):
            raise UserError(f"{self.method} 每条对话前面都要一份前缀，一行打包几条放不下；去掉 --pack")
        if self.checkpointing and self.method in ("prefix", "prompt"):
            raise UserError(f"{self.method} 的前缀在键值缓存里，梯度检查点会扔掉缓存；去掉 --checkpointing")
        if self.tokens_per_batch < self.max_length:
            sizes = f"--tokens-per-batch {self.tokens_per_batch} 小于 --max-length {self.max_length}"
            raise UserError(f"{sizes}：最长的一条放不进一批；加大前者或减小后者")

    @property
    def frozen_bf16(self) -> bool:
        """冻结的基座存成 bf16：用 bf16 训练 LoRA 的时候；FSDP 一组里的参数要同一种类型，照旧。"""
        return self.precision == "bf16" and self.method == "lora" and self.parallel != "fsdp"

    @property
    def peak(self) -> float:
        """峰值学习率。"""
        rates = SMALL_RATES if self.model == "small" else LARGE_RATES
        return self.lr or rates[self.method]

    def learning_rate(self, step: int, steps: int) -> float:
        """第 step 步（从 0 数）的学习率：线性预热，再沿半个余弦降到 floor · peak。

        >>> settings = Settings(lr=1.0, warmup=0.2, floor=0.0)
        >>> [round(settings.learning_rate(i, 10), 3) for i in range(10)]
        [0.5, 1.0, 1.0, 0.962, 0.854, 0.691, 0.5, 0.309, 0.146, 0.038]
        """
        warm = math.ceil(self.warmup * steps)
        if step < warm:
            return self.peak * (step + 1) / warm
        done = (step - warm) / max(1, steps - warm)  # 0 -> 1
        return self.peak * (self.floor + (1 - self.floor) * 0.5 * (1 + math.cos(math.pi * done)))


def option_names(method: str) -> list[str]:
    """一个方法收哪些选项。"""
    from TrainAndFinetune.methods import METHODS as functions
    from TrainAndFinetune.methods import add_lora

    names = list(inspect.signature(functions[method]).parameters)
    if "options" in names:  # qlora：其余的交给 add_lora
        names += list(inspect.signature(add_lora).parameters)
    return sorted(set(names) - {"model", "seed", "name", "options", "init_ids"})


def is_number(value) -> bool:
    """JSON 里有限的数；true 不是数。"""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def is_layers(value) -> bool:
    """非空的列表，每一项是一个线性层的名字。"""
    from TrainAndFinetune.methods import LINEARS

    return isinstance(value, list) and bool(value) and all(name in LINEARS for name in value)


LAYERS = '层名的列表，如 ["q_proj","v_proj"]，可选 q_proj、k_proj、v_proj、o_proj、gate_proj、up_proj、down_proj'
SWITCH = (" true 或 false", lambda value: isinstance(value, bool))
# 选项 -> (要写成什么, 合不合)；rank、size、length、init 由各方法自己的设置查
RULES = {
    "alpha": ("正数，如 16", lambda value: is_number(value) and value > 0),
    "dropout": ("不小于 0、小于 1 的数，如 0.1", lambda value: is_number(value) and 0 <= value < 1),
    "rslora": SWITCH,
    "dora": SWITCH,
    "block": ("正偶数，如 64", lambda value: type(value) is int and value > 0 and value % 2 == 0),
    "targets": (LAYERS, is_layers),
    "outputs": (LAYERS, is_layers),
    "inputs": (LAYERS, is_layers),
}


def check_option(text: str, name: str, value, method: str) -> None:
    """选项的类型与范围：读数据、装模型之前就查，不对就抛 UserError。"""
    from TrainAndFinetune.methods import adapter, lora, prefix, prompt, soft

    if name in RULES and not RULES[name][1](value):
        raise UserError(f"--set {text}：{name} 要写成{RULES[name][0]}")
    if name == "rank":
        lora.LoRAConfig(rank=value)
    elif name == "size":
        adapter.AdapterConfig(size=value)
    elif name in ("length", "init"):
        inits = prefix.INITS if method == "prefix" else prompt.INITS
        soft.SoftConfig(**{name: value}).check(inits, math.inf)


def parse_option(text: str, method: str) -> tuple[str, object]:
    """`--set rank=16` -> ("rank", 16)；值按 JSON 读，读不出就当字符串；名字、类型、范围不对就抛 UserError。"""
    name, sign, value = text.partition("=")
    known = option_names(method)
    if not sign or name not in known:
        rule = f"{method} 的选项有 {'、'.join(known)}" if known else f"{method} 没有选项"
        raise UserError(f"--set {text}：要写成 名字=值；{rule}")
    with suppress(ValueError):
        value = json.loads(value)
    check_option(text, name, value, method)
    return name, value


def install(model, settings: Settings, init_ids: list[int]):
    """把方法装到模型上；软前缀用 init_ids（一条训练的提示）初始化，随机的慢得多。"""
    from TrainAndFinetune.methods import METHODS as functions

    options = {key: tuple(value) if isinstance(value, list) else value for key, value in settings.options}
    accepted = inspect.signature(functions[settings.method]).parameters
    if "seed" in accepted or "options" in accepted:
        options["seed"] = settings.seed
    if "init_ids" in accepted and options.get("init") != "random":
        options["init_ids"] = init_ids
    return functions[settings.method](model, **options)


def best_precision(device, model: str) -> str:
    """`--precision auto` 是 "bf16" 还是 "fp32"。有 bf16 指令不等于快，量到的（`6_lora.md`、`8_compare.md`）：

    小模型的矩阵太小，省下的不够付来回转换的；CPU 要有 AMX，只有 AVX512-BF16 的一台 AMD EPYC 上慢 2.8 倍。
    """
    import torch

    if model == "small":
        return "fp32"
    if device.type == "cpu":
        amx = getattr(torch.cpu, "_is_amx_tile_supported", bool)  # 老的 torch 没有这个函数
        return "bf16" if amx() else "fp32"
    return "bf16" if has_fast_bf16(device) else "fp32"


def freeze_as_stored(model) -> None:
    """冻结的权重换回文件里的 bf16：一位不丢，省一半内存；autocast 也不必每一步把 2.7 亿个数再转一遍。"""
    for parameter in model.parameters():
        if not parameter.requires_grad:
            parameter.data = parameter.data.bfloat16()


def recompute(model) -> None:
    """打开梯度检查点：只存每层的输入，反向时重算一遍。"""
    new_name = "activation_checkpointing_enable"  # transformers 5.2x 改的名
    getattr(model, new_name, model.gradient_checkpointing_enable)({"use_reentrant": False})
