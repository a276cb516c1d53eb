"""检查点：续训要存什么，读回时核对什么。

教什么：权重之外还要存优化器状态、进度、配方、词表、数据的指纹；哪一样对不上都不能接着训。
不教什么：原子写（`book/checkpoint.py`）、训练循环（`train.py`）。
对应笔记：`5_training.md`。
"""

from dataclasses import asdict, dataclass, field
from pathlib import Path

from book import CheckpointError, load_state, save_state
from Transformer.corpus import Task
from Transformer.recipes import Recipe


@dataclass
class Progress:
    """训练走到哪里了；连同权重与优化器状态存进检查点，就足够逐位相同地续训。"""

    step: int = 0  # 已经做了几次更新
    seconds: float = 0.0  # 已经花的时间，续训时接着数
    loss_sum: float = 0.0  # 本轮到目前为止：每步平均损失之和
    history: list = field(default_factory=list)  # 每轮一行
    averaged: dict = field(default_factory=dict)  # 最后几轮权重的和


def description(recipe: Recipe, task: Task) -> dict:
    """在别处原样用起来要知道的：配方与两个词表。"""
    return {
        "chapter": "Transformer",
        "task": task.name,
        "recipe": asdict(recipe),
        "tokenizers": [tokenizer.state() for tokenizer in task.tokenizers],
        "joint": bool(task.vocab_size),
    }


def save(path: Path, model, optimizer, recipe: Recipe, task: Task, progress: Progress) -> None:
    """原子地存下续训与翻译需要的一切。"""
    parts = {"progress": asdict(progress), "model": model.state_dict(), "optimizer": optimizer.state_dict()}
    save_state(path, description(recipe, task) | {"data": task.fingerprint} | parts)


def resume(path: Path, model, optimizer, recipe: Recipe, task: Task) -> Progress:
    """把检查点装回 model 与 optimizer；配方、数据或词表不同就报错，不猜。"""
    state = load_state(path)
    if state.get("chapter") != "Transformer":
        raise CheckpointError(f"{path} 不是 Transformer/train.py 的检查点；换一个，或去掉 --resume 重新训练")
    if "optimizer" not in state:
        raise CheckpointError(f"{path} 是训练完之后存的成品，不能接着训；去掉 --resume 重新训练")
    for key, value in asdict(recipe).items():
        if state["recipe"].get(key) != value:
            raise CheckpointError(
                f"{path} 训练时 {key}={state['recipe'].get(key)}，现在是 {value}；"
                f"续训要用同样的选项，想换就去掉 --resume 并换一个 --out"
            )
    if state.get("data", task.fingerprint) != task.fingerprint:  # 旧的检查点没有这一项，就不查
        raise CheckpointError(
            f"{path} 训练时的数据是 {state['data']}，现在是 {task.fingerprint}；"
            f"续训要用同样的 --quick、--data，想换就去掉 --resume 并换一个 --out"
        )
    if state["tokenizers"] != [tokenizer.state() for tokenizer in task.tokenizers]:
        raise CheckpointError(f"{path} 的词表与现在的数据建出来的不同；数据换过了吗")
    model.load_state_dict(state["model"])
    optimizer.load_state_dict(state["optimizer"])
    return Progress(**state["progress"])
