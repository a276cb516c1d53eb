"""训练的进度：存下来、读回去，接着训的结果与不中断的逐位相同。

教什么：权重之外还要存优化器的矩、进度、设定、语料的摘要；哪一样对不上都不能接着训。
不教什么：文件怎样原子地写（`book`、`Transformer/checkpoint.py`）。
对应笔记：`workflow.md`。
"""

from dataclasses import asdict, dataclass, field
from pathlib import Path

from book import CheckpointError
from CS336.config import Config
from CS336.prepare import Prepared
from CS336.Transformer.checkpoint import check_shapes, read_checkpoint, save_checkpoint

CHAPTER = "CS336"


@dataclass
class Progress:
    """训练走到哪里了；连同权重与优化器状态，就足够逐位相同地续训。"""

    step: int = 0
    seconds: float = 0.0  # 花在训练步上的时间，不含评估
    loss_sum: float = 0.0  # 上次评估以来每步损失之和
    history: list = field(default_factory=list)  # 每次评估一行
    first_sample: str = ""  # 训练之前写的


def save(path: Path, model, optimizer, config: Config, data: Prepared, progress: Progress) -> None:
    """续训要的一切，原子地写。"""
    more = {"chapter": CHAPTER, "config": asdict(config), "data": data.fingerprint, "progress": asdict(progress)}
    save_checkpoint(path, model, optimizer, progress.step, **more)


def resume(path: Path, model, optimizer, config: Config, data: Prepared) -> Progress:
    """把检查点装回来；设定或数据不同就报错，不猜。"""
    state = read_checkpoint(path)
    if state.get("chapter") != CHAPTER:
        raise CheckpointError(f"{path} 不是 CS336/run.py 存的；换一个，或去掉 --resume 重新训练")
    for name, value in asdict(config).items():
        if state["config"].get(name) != value:
            was = f"{path} 训练时 {name}={state['config'].get(name)}，现在是 {value}"
            raise CheckpointError(f"{was}；续训要用同样的选项，想换就去掉 --resume 并换一个 --out")
    if state["data"] != data.fingerprint:
        raise CheckpointError(f"{path} 训练时的语料与现在的不同；想换语料就去掉 --resume 并换一个 --out")
    check_shapes(path, state["model"], model.state_dict())
    model.load_state_dict(state["model"])
    optimizer.load_state_dict(state["optimizer"])
    return Progress(**state["progress"])
