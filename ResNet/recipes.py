"""训练配方：全部超参数放在一个冻结的 dataclass 里，每个数据集一份默认值。

教什么：哪些数字决定一次训练；学习率怎样只由步数决定（续训时不必保存调度器的状态）。
不教什么：这些数字怎么调出来（见 `5_resnet.md` 的实验一节）。
怎么跑：被 `train.py` 使用；`python ResNet/recipes.py` 打印每个数据集的默认配方（2 秒）。
对应笔记：`3_training.md`、`5_resnet.md`。
"""

import math
from dataclasses import asdict, dataclass, replace

from book import Parser, UserError, emit_result, run
from ResNet.optimizers import one_cycle, warmup_cosine
from ResNet.resnet import MODELS


@dataclass(frozen=True)
class Recipe:
    """一次训练的全部超参数。续训时必须与检查点里的完全相同，否则结果不再是同一次训练。"""

    dataset: str = "digits"
    model: str = "resnet20"
    epochs: int = 30  # 训练集过几遍
    batch_size: int = 64  # 一次更新用几张图（所有进程、所有累积合在一起）
    accumulate: int = 1  # 一个批分几次前向，省内存；梯度与一次算完相同（BatchNorm 的统计量除外）
    lr: float = 0.1  # 学习率的峰值
    momentum: float = 0.9  # Nesterov 动量，0 表示不用
    weight_decay: float = 5e-4  # 只作用于卷积核与线性层的权重，不作用于 BatchNorm 与偏置
    schedule: str = "cosine"  # cosine：线性预热后余弦降到 0；onecycle：升 30 % 再降；constant：不变
    warmup: float = 0.05  # cosine 的预热占总步数的几分之几
    label_smoothing: float = 0.0  # 目标分布里分给其他类别的概率，0 表示不用
    augment: bool = True  # 随机平移（照片还有左右翻转）
    cutout: int = 0  # 增强之后再盖住多大的方块（边长，像素），0 表示不盖
    precision: str = "fp32"  # bf16：前向用 autocast，权重仍是 fp32；auto：硬件有 bf16 指令就用 bf16
    channels_last: bool = False  # 内存按 N H W C 排：卷积不必来回转换
    zero_init_residual: bool = False  # 残差支路最后一个 BatchNorm 的 γ 从 0 开始
    seed: int = 0
    split_seed: int = 0
    image_size: int = 0  # 0 表示由数据集决定

    def __post_init__(self):
        if self.model not in MODELS:
            raise UserError(f"--model 收到 {self.model}，可选 {' '.join(MODELS)}")
        if self.schedule not in ("cosine", "onecycle", "constant"):
            raise UserError(f"--schedule 收到 {self.schedule}，可选 cosine onecycle constant")
        if self.precision not in ("fp32", "bf16", "auto"):
            raise UserError(f"--precision 收到 {self.precision}，可选 fp32 bf16 auto")
        if self.batch_size % self.accumulate:
            raise UserError(f"--accumulate {self.accumulate} 必须整除 --batch-size {self.batch_size}")
        if not 0 < self.lr < math.inf:
            raise UserError(f"--lr 收到 {self.lr}，必须大于 0；试试 --lr 0.1")
        if not 0 <= self.warmup < 1:
            raise UserError(f"--warmup 收到 {self.warmup}，是预热占总步数的比例，必须在 [0, 1) 里")
        if self.cutout < 0:
            raise UserError(f"--cutout 收到 {self.cutout}，是方块的边长（像素）；0 表示不盖")
        if not 0 <= self.label_smoothing < 1:
            raise UserError(f"--label-smoothing 收到 {self.label_smoothing}，必须在 [0, 1) 里；0 表示不用")

    def learning_rate(self, step: int, total: int) -> float:
        """第 step 步（从 0 数）的学习率，total 是总步数。

        >>> recipe = Recipe(lr=0.1, warmup=0.0)
        >>> [round(recipe.learning_rate(step, 4), 4) for step in range(4)]
        [0.1, 0.0854, 0.05, 0.0146]
        """
        if self.schedule == "constant":
            return self.lr
        if self.schedule == "onecycle":
            if total < 5:
                raise UserError(
                    f"一共只有 {total} 步，--schedule onecycle 至少要 5 步；加大 --epochs 或减小 --batch-size"
                )
            return one_cycle(step, total, self.lr)
        warmup = int(total * self.warmup)
        return warmup_cosine(step, total, self.lr, warmup, start_factor=1 / (warmup + 1))


FAST = {"precision": "auto", "channels_last": True}
DEFAULTS = {
    "digits": Recipe(),
    "cifar10": Recipe(dataset="cifar10", epochs=1, batch_size=128, **FAST),
    "fashionmnist": Recipe(dataset="fashionmnist", epochs=1, batch_size=128, **FAST),
    "folder": Recipe(dataset="folder", batch_size=32, lr=0.05, epochs=20),
    "zip": Recipe(dataset="zip", batch_size=32, lr=0.05, epochs=20),
}
FULL_EPOCHS = {"digits": 60, "cifar10": 100, "fashionmnist": 30, "folder": 100, "zip": 100}
QUICK_EPOCHS = {"digits": 20, "cifar10": 1, "fashionmnist": 1, "folder": 5, "zip": 5}


def recipe_for(dataset: str, full: bool = False, quick: bool = False, **overrides) -> Recipe:
    """数据集的默认配方，再换掉 overrides 里不是 None 的字段。"""
    recipe = DEFAULTS[dataset]
    if full or quick:
        recipe = replace(recipe, epochs=(FULL_EPOCHS if full else QUICK_EPOCHS)[dataset])
    return replace(recipe, **{key: value for key, value in overrides.items() if value is not None})


def main(argv=None) -> dict:
    Parser(__doc__).parse_args(argv)
    for name, recipe in DEFAULTS.items():
        print(name, asdict(recipe))
    return emit_result({name: recipe.epochs for name, recipe in DEFAULTS.items()})


if __name__ == "__main__":
    run(main)
