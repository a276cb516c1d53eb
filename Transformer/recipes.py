"""训练配方：全部超参数放在一个冻结的 dataclass 里，每个任务一份默认值。

教什么：哪些数字决定一次训练；Noam 与余弦两种学习率；学习率只由步数决定，续训时不用存它。
不教什么：这些数字怎么调出来（见 `5_training.md` 的实验一节）。
怎么跑：被 `train.py` 使用；`python Transformer/recipes.py` 打印每个任务的默认配方（3 秒）。
对应笔记：`5_training.md`。
"""

import math
from dataclasses import asdict, dataclass, replace

from book import Parser, UserError, emit_result, run
from Transformer.positional import POSITIONS
from Transformer.transformer import Transformer

MAX_LENGTH = 128  # 最长的句子，词元数


@dataclass(frozen=True)
class Recipe:
    """一次训练的全部超参数。续训时必须与检查点里的完全相同，否则结果不再是同一次训练。"""

    task: str = "normal_forms"
    d_model: int = 96
    num_heads: int = 4
    num_layers: int = 1  # 编码器与解码器各几层
    d_ff: int = 384
    dropout: float = 0.0  # 0 表示不用
    norm: str = "pre"  # 论文是 post；pre 不靠预热也训得动，见 3_layers.md
    positions: str = "sinusoidal"
    epochs: int = 3  # 训练集过几遍
    max_tokens: int = 1024  # 一批补齐后两边合计最多几个词元（所有进程合在一起）
    schedule: str = "cosine"  # cosine：线性预热后余弦降到 0；noam：论文 5.3 的反平方根
    lr: float = 4e-3  # 学习率的峰值
    warmup: int = 200  # 预热几步
    weight_decay: float = 0.1  # 0 表示不用
    label_smoothing: float = 0.0  # 目标分布里分给全部词的概率，0 表示不用
    clip: float = 1.0  # 梯度的总长度的上限，0 表示不裁
    average: int = 1  # 最后几轮末尾的权重取平均（论文 6.1），1 表示不平均
    precision: str = "auto"  # bf16：前向用 autocast；auto：硬件有 bf16 指令就用
    seed: int = 0

    def __post_init__(self):
        if self.norm not in ("pre", "post"):
            raise UserError(f"--norm 收到 {self.norm}，可选 pre post")
        if self.positions not in POSITIONS:
            raise UserError(f"--positions 收到 {self.positions}，可选 {' '.join(POSITIONS)}")
        if self.schedule not in ("cosine", "noam"):
            raise UserError(f"--schedule 收到 {self.schedule}，可选 cosine noam")
        if self.precision not in ("fp32", "bf16", "auto"):
            raise UserError(f"--precision 收到 {self.precision}，可选 fp32 bf16 auto")
        if self.d_model % 2 or self.num_heads < 1 or self.d_model % self.num_heads:
            raise UserError(f"--num-heads {self.num_heads} 必须整除 --d-model {self.d_model}（偶数）；试试 4")
        if not 0 < self.lr < math.inf:
            raise UserError(f"--lr 收到 {self.lr}，必须大于 0；试试 --lr 0.002")
        for name in ("dropout", "label_smoothing"):
            if not 0 <= getattr(self, name) < 1:
                raise UserError(f"--{name.replace('_', '-')} 收到 {getattr(self, name)}，必须在 [0, 1) 里；0 表示不用")
        for name in ("weight_decay", "clip"):
            if not 0 <= getattr(self, name) < math.inf:
                raise UserError(f"--{name.replace('_', '-')} 收到 {getattr(self, name)}，不能是负数；0 表示不用")
        if not 1 <= self.average <= self.epochs:
            raise UserError(f"--average 收到 {self.average}，要在 1 与 --epochs {self.epochs} 之间；1 表示不平均")

    def learning_rate(self, step: int, total: int) -> float:
        """第 step 步（从 0 数）的学习率，total 是总步数    式 (5.4)、(5.5)

        两种都在第 warmup 步升到 lr。noam 与论文式 (3) 相同，只是峰值由 lr 直接给出，不由 d_model 算。

        >>> recipe = Recipe(lr=1.0, warmup=4, schedule="noam")
        >>> [recipe.learning_rate(step, 100) for step in (0, 3, 15)]
        [0.25, 1.0, 0.5]
        """
        if step < self.warmup:
            return self.lr * (step + 1) / self.warmup
        if self.schedule == "noam":
            return self.lr * math.sqrt(self.warmup / (step + 1))
        return self.lr * (1 + math.cos(math.pi * (step - self.warmup) / max(1, total - self.warmup))) / 2


# Multi30k 只有 29,000 句：宽 128、丢掉三成的小模型比大的好（Wu et al. 2021 的 Transformer-Tiny）
TRANSLATION = {
    "d_model": 128,
    "num_layers": 4,
    "d_ff": 256,
    "dropout": 0.3,
    "weight_decay": 0.0,
    "label_smoothing": 0.1,
    "epochs": 1,
    "max_tokens": 4096,
    "lr": 5e-3,
    "warmup": 1000,
}
DEFAULTS = {
    "normal_forms": Recipe(),
    "multi30k": Recipe(task="multi30k", **TRANSLATION),
    "files": Recipe(task="files", **TRANSLATION),
}
FULL = {"normal_forms": {"epochs": 6}} | dict.fromkeys(("multi30k", "files"), {"epochs": 30, "average": 5})
QUICK = {"normal_forms": {"epochs": 1}} | dict.fromkeys(("multi30k", "files"), {"epochs": 1})


def recipe_for(task: str, full: bool = False, quick: bool = False, **overrides) -> Recipe:
    """任务的默认配方，再换掉 overrides 里不是 None 的字段。"""
    changes = (FULL[task] if full else QUICK[task] if quick else {}) | {
        key: value for key, value in overrides.items() if value is not None
    }
    return replace(DEFAULTS[task], **changes)


def model_from(recipe: Recipe, src_vocab: int, tgt_vocab: int, joint: bool) -> Transformer:
    """配方里的模型部分。"""
    return Transformer(
        src_vocab,
        tgt_vocab,
        recipe.d_model,
        recipe.num_heads,
        recipe.num_layers,
        recipe.d_ff,
        recipe.dropout,
        recipe.norm,
        tie_embeddings="joint" if joint else True,
        positions=recipe.positions,
        max_length=MAX_LENGTH,
    )


def main(argv=None) -> dict:
    Parser(__doc__).parse_args(argv)
    for name, recipe in DEFAULTS.items():
        print(name, asdict(recipe))
    return emit_result({name: recipe.epochs for name, recipe in DEFAULTS.items()})


if __name__ == "__main__":
    run(main)
