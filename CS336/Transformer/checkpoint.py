"""检查点：模型、优化器、步数存成一个文件，`torch.load(weights_only=True)` 读得回来。

教什么：续训要存什么（优化器的矩也要）；原子写；加载时先查形状，错了不动模型。
不教什么：随机数的状态（本书的批由 (种子, 步数) 决定，见 `book.seeded`，不必存）。
对应笔记：`workflow.md`。
"""

import io
from pathlib import Path

import torch
from torch import nn

from book import CheckpointError, atomic_write


def save_checkpoint(path, model: nn.Module, optimizer: torch.optim.Optimizer, step: int, **more) -> None:
    """存到 path（路径或二进制文件对象）；more 里可以放数字、字符串、列表、字典，例如配置与历史。"""
    state = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "step": step, **more}
    if hasattr(path, "write"):
        torch.save(state, path)
        return
    buffer = io.BytesIO()
    torch.save(state, buffer)
    atomic_write(Path(path), buffer.getvalue())  # kill -9 之后，盘上要么是旧的要么是新的


def read_checkpoint(path) -> dict:
    """读出整个字典；缺失、损坏、不是本章存的，都是一行 CheckpointError。"""
    if not hasattr(path, "read") and not Path(path).is_file():
        raise CheckpointError(f"找不到检查点 {path}；先训练一次，或检查路径")
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch.load 对坏文件抛的异常有十几种，都是同一个意思
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise CheckpointError(f"检查点 {path} 读不出来（{reason}）；文件坏了或不是本章存的，换一个") from None
    if not isinstance(state, dict) or not {"model", "optimizer", "step"} <= state.keys():
        raise CheckpointError(f"检查点 {path} 里没有 model、optimizer、step；换一个本章存的")
    return state


def load_checkpoint(path, model: nn.Module, optimizer: torch.optim.Optimizer | None = None) -> int:
    """装进 model（与 optimizer），返回步数；形状或名字不符时什么都不改，抛 CheckpointError。"""
    state = read_checkpoint(path)
    check_shapes(path, state["model"], model.state_dict())
    if optimizer is not None:
        check_groups(path, state["optimizer"], optimizer.state_dict())
    model.load_state_dict(state["model"])
    if optimizer is not None:
        optimizer.load_state_dict(state["optimizer"])
    return state["step"]


def check_shapes(path, saved: dict, wanted: dict) -> None:
    """名字与形状都要相同；先全查一遍再装，免得装了一半才报错。"""
    different = sorted(saved.keys() ^ wanted.keys())
    different += [name for name in sorted(saved.keys() & wanted.keys()) if saved[name].shape != wanted[name].shape]
    if different:
        name = different[0]
        shapes = [tuple(state[name].shape) if name in state else "没有" for state in (saved, wanted)]
        raise CheckpointError(f"检查点 {path} 与模型不符：{name} 存的是 {shapes[0]}，模型要 {shapes[1]}；用同样的配置")


def check_groups(path, saved: dict, wanted: dict) -> None:
    """优化器的参数组：几组、每组几个参数都要相同，torch 才知道哪个矩属于哪个参数。"""
    sizes = [[len(group["params"]) for group in state["param_groups"]] for state in (saved, wanted)]
    if sizes[0] != sizes[1]:
        raise CheckpointError(f"检查点 {path} 的优化器各组有 {sizes[0]} 个参数，现在是 {sizes[1]}；用同样的分组")
