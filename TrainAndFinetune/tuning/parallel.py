"""几个进程一起微调：DDP 每个进程一份模型，FSDP 把参数、梯度、优化器状态切开。

教什么：两者在这本书的脚本里各要几行；梯度平均之后怎样恰好等于一个进程的；存档怎样与进程数无关。
不教什么：通信怎样实现（第 4 章的 `CS336/Outlook`）。
不是脚本，由 `finetune.py` 导入。对应笔记：`4_full.md`。
"""

import os

import torch
import torch.distributed as dist
from torch import Tensor, nn

from TrainAndFinetune.methods.inject import trainable
from TrainAndFinetune.tuning.loss import answer_loss


def ranks() -> tuple[int, int]:
    """(第几个进程, 一共几个)。"""
    return (dist.get_rank(), dist.get_world_size()) if dist.is_initialized() else (0, 1)


def start_process_group(device: torch.device) -> torch.device:
    """在 torchrun 或 accelerate launch 下加入进程组（两者设的环境变量相同）；单进程时什么也不做。"""
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        return device
    if not dist.is_initialized():  # accelerate 的 debug_launcher 已经建好了
        dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
    if device.type != "cuda":
        return device
    device = torch.device("cuda", int(os.environ["LOCAL_RANK"]))
    torch.cuda.set_device(device)
    return device


def any_process(flag: bool, device: torch.device) -> bool:
    """有一个进程说是就是：Ctrl-C 到各进程的时刻不同，各走各的就有人去存档、有人还在等梯度。"""
    if ranks()[1] == 1:
        return flag
    value = torch.tensor(float(flag), device=device)
    dist.all_reduce(value, dist.ReduceOp.MAX)
    return bool(value.item())


class AnswerLoss(nn.Module):
    """把 `answer_loss` 包成模块：DDP 与 FSDP 的通信挂在 forward 上，绕过它调用里面的模型就不同步。"""

    def __init__(self, model: nn.Module):
        super().__init__()
        self.model = model

    def forward(self, batch: dict[str, Tensor]) -> tuple[Tensor, int]:
        return answer_loss(self.model, batch)


# region wrap
def wrap(model: nn.Module, kind: str, device: torch.device) -> nn.Module:
    """算损失的模块，照进程数与 kind 包好；FSDP 就地切开 model，所以优化器要在这之后建。"""
    _, world = ranks()
    network = AnswerLoss(model)
    if world == 1:
        return network
    if kind == "ddp":
        return nn.parallel.DistributedDataParallel(network)
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import fully_shard

    mesh = init_device_mesh(device.type, (world,))
    for layer in model.model.layers:  # 一层一组：算到哪层，才把哪层收齐
        fully_shard(layer, mesh=mesh)
    return fully_shard(network, mesh=mesh)  # 其余的（词向量、最后的归一化）是根


# endregion


def full_state(model: nn.Module, optimizer: torch.optim.Optimizer) -> tuple[dict, dict]:
    """(要训练的权重, 优化器状态)，切开的先收齐；每个进程都要调用，只有 0 号拿到内容。"""
    from torch.distributed.checkpoint.state_dict import StateDictOptions, get_state_dict

    options = StateDictOptions(full_state_dict=True, cpu_offload=True, ignore_frozen_params=True)
    weights, moments = get_state_dict(model, optimizer, options=options)
    # 绑定的输出头在库的结果里另有一份（冻结了也在）：26 万词的词表，多存 671 MB
    return {name: value for name, value in weights.items() if name in trainable(model)}, moments


def load_full_state(model: nn.Module, optimizer: torch.optim.Optimizer, weights: dict, moments: dict) -> None:
    """`full_state` 的逆：每个进程都读了同一个文件，各取自己的那一块。"""
    from torch.distributed.checkpoint.state_dict import StateDictOptions, set_state_dict

    options = StateDictOptions(full_state_dict=True, strict=False, ignore_frozen_params=True)
    set_state_dict(model, optimizer, model_state_dict=weights, optim_state_dict=moments, options=options)
