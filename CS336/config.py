"""一次训练的全部设定：语料、分词器、模型、优化，放在一个冻结的 dataclass 里。

教什么：哪些数字决定一次训练；续训时它们必须与检查点里的相同。
不教什么：这些数字怎么选（`workflow.md` 的实验一节）。
怎么跑：被 `run.py`、`experiments.py` 使用；`python CS336/config.py` 打印每份语料的默认设定（3 秒）。
对应笔记：`workflow.md`。
"""

import math
from dataclasses import asdict, dataclass, fields, replace

from book import Parser, UserError, emit_result, positive_int, run
from CS336.Transformer.accounting import Shape, training_flops
from CS336.Transformer.layers import default_d_ff
from CS336.Transformer.model import FEED_FORWARD, NORMS, TransformerLM
from CS336.Transformer.optimizer import cosine_lr


@dataclass(frozen=True)
class Config:
    """字段的名字就是 `run.py` 的选项的名字。"""

    corpus: str = "docs"
    vocab_size: int = 1024  # 含 256 个字节与特殊词元
    context_length: int = 128  # 一段几个词
    d_model: int = 128
    num_layers: int = 4
    num_heads: int = 4
    d_ff: int = 0  # 前馈网络中间的宽度，0：8/3·d_model 取到 64 的倍数
    norm: str = "pre"  # pre、post、none
    ffn: str = "swiglu"  # swiglu、silu（参数相等）
    rope_theta: float = 10000.0  # 0：没有位置信息
    batch_size: int = 12  # 一步几段，所有进程合在一起
    steps: int = 1200
    lr: float = 3e-3  # 学习率的峰值
    min_lr: float = 3e-4  # 最后一步的学习率
    warmup: int = 50  # 预热几步
    weight_decay: float = 0.1
    beta2: float = 0.99  # AdamW 的 β₂：一步只有一两千个词，0.999 记得太久
    clip: float = 1.0  # 梯度总长度的上限，0：不裁
    precision: str = "auto"  # fp32、bf16；auto：硬件有 bf16 指令就用
    seed: int = 0

    def __post_init__(self):
        for name, allowed in (("norm", NORMS), ("ffn", tuple(FEED_FORWARD)), ("precision", ("fp32", "bf16", "auto"))):
            if getattr(self, name) not in allowed:
                raise UserError(f"--{name} 收到 {getattr(self, name)}，可选 {' '.join(allowed)}")
        if not 257 <= self.vocab_size <= 65536:
            raise UserError(f"--vocab-size 收到 {self.vocab_size}，要在 257（字节加特殊词元）与 65536（uint16）之间")
        if self.d_model % self.num_heads or self.d_model // self.num_heads % 2:
            raise UserError(f"--d-model {self.d_model} 除以 --num-heads {self.num_heads} 应当是偶数（RoPE 两个一对）")
        if not 0 <= self.min_lr <= self.lr < math.inf or self.lr == 0:
            raise UserError(f"--lr {self.lr} 要大于 0，--min-lr {self.min_lr} 要在 0 与它之间")
        for name in ("weight_decay", "clip", "rope_theta", "warmup", "d_ff"):
            if not 0 <= getattr(self, name) < math.inf:
                raise UserError(f"--{name.replace('_', '-')} 收到 {getattr(self, name)}，不能是负数")
        if not 0 <= self.beta2 < 1:
            raise UserError(f"--beta2 收到 {self.beta2}，要在 [0, 1) 里")

    def learning_rate(self, step: int) -> float:
        """第 step 步（从 0 数）的学习率；第一步不从 0 开始，最后一步是 min_lr。"""
        return cosine_lr(step + 1, self.lr, self.min_lr, self.warmup, max(self.steps, self.warmup + 1))

    def flops_per_step(self, vocab_size: int) -> int:
        """一步的浮点运算（式 6 的 3 倍前向），MFU 用。"""
        shape = Shape(vocab_size, self.context_length, self.d_model, self.num_layers, self.num_heads, self.width)
        return training_flops(shape, self.batch_size)

    @property
    def width(self) -> int:
        return self.d_ff or default_d_ff(self.d_model)


def build_model(config: Config, vocab_size: int, device=None) -> TransformerLM:
    """按设定建模型；词表的大小以分词器的为准（语料太短时它学不满 vocab_size 个）。"""
    return TransformerLM(
        vocab_size,
        config.context_length,
        config.d_model,
        config.num_layers,
        config.num_heads,
        config.width,
        config.rope_theta or None,
        device,
        norm=config.norm,
        ffn=config.ffn,
    )


# 每份语料与默认不同的地方
OVERRIDES = {
    "docs": {},
    "notes": {"vocab_size": 2048},
    "shakespeare": {"context_length": 64, "steps": 2200},
    "tinystories": {"vocab_size": 4096, "context_length": 256, "batch_size": 16},
    "file": {},
}
QUICK = {"steps": 300}
FULL = {"steps": 6000}
# Tiny Shakespeare 只有一百万字符：6000 步是 11 遍，背下来了，验证损失回升
SHAKESPEARE_FULL = {"steps": 3500}
TINYSTORIES_FULL = {"vocab_size": 10000, "d_model": 512, "num_heads": 16, "d_ff": 1344, "batch_size": 128, "lr": 1e-3,
                    "min_lr": 1e-4, "steps": 10000, "warmup": 200, "beta2": 0.95}  # fmt: skip
SMOKE = {"vocab_size": 300, "context_length": 32, "d_model": 32, "num_layers": 1, "num_heads": 2, "batch_size": 4,
         "steps": 6, "warmup": 2}  # fmt: skip


def config_for(corpus: str, mode: str = "", **overrides) -> Config:
    """corpus 的默认设定；mode 是 ""、"quick"、"full"、"smoke"；overrides 里不是 None 的再盖上去。"""
    full = {"tinystories": TINYSTORIES_FULL, "shakespeare": SHAKESPEARE_FULL}.get(corpus, FULL)
    changes = OVERRIDES[corpus] | {"": {}, "quick": QUICK, "full": full, "smoke": SMOKE}[mode]
    given = {name: value for name, value in overrides.items() if value is not None}
    return replace(Config(corpus=corpus), **changes | given)


HELP = {
    "vocab_size": "词表的大小，含 256 个字节与特殊词元",
    "context_length": "一段几个词",
    "d_model": "隐藏状态的宽",
    "num_layers": "几块",
    "num_heads": "注意力的头数",
    "d_ff": "前馈网络中间的宽，0：8/3·d_model 取到 64 的倍数",
    "norm": "pre、post 或 none",
    "ffn": "swiglu 或 silu（参数相等）",
    "rope_theta": "0 表示没有位置信息",
    "batch_size": "一步几段",
    "steps": "训练几步",
    "lr": "学习率的峰值",
    "min_lr": "最后一步的学习率",
    "warmup": "预热几步",
    "weight_decay": "权重衰减，0 表示不用",
    "beta2": "AdamW 的 β₂",
    "clip": "梯度总长度的上限，0 表示不裁",
    "precision": "fp32、bf16，或 auto：硬件有 bf16 指令就用",
}


def add_config_options(parser: Parser) -> None:
    """每个字段一个选项；没给的取语料的默认值。"""
    group = parser.add_argument_group("设定（默认值见 python CS336/config.py）")
    kinds = {field.name: type(field.default) for field in fields(Config)}
    zero_allowed = ("warmup", "d_ff")
    for name, text in HELP.items():
        kind = positive_int if kinds[name] is int and name not in zero_allowed else kinds[name]
        metavar = {int: "N", float: "X", str: "NAME"}[kinds[name]]
        group.add_argument(f"--{name.replace('_', '-')}", type=kind, metavar=metavar, help=text)


def main(argv=None) -> dict:
    Parser(__doc__).parse_args(argv)
    for name in OVERRIDES:
        print(name, asdict(config_for(name)))
    return emit_result({name: config_for(name).steps for name in OVERRIDES})


if __name__ == "__main__":
    run(main)
