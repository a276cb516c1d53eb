"""三种数据并行：梯度全归约、ZeRO-1、torch 自带的 DistributedDataParallel，以及一个进程的参照。

教什么：它们只差在「梯度算好之后怎样更新参数」这一处。
不教什么：怎样启动几个进程、怎样比较（`distributed.py`）；环形全归约的步骤（`ring.py`）。
怎么跑：被 `distributed.py` 使用，没有命令行。
对应笔记：`outlook.md` 第 3 部分。
"""

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from book import seed_everything, seeded
from CS336.Outlook.ring import all_gather, all_reduce, flatten, reduce_scatter, split_evenly, unflatten_into
from CS336.Transformer import AdamW, TransformerLM, cross_entropy

VOCAB, CONTEXT, BATCH, LR = 64, 32, 16, 3e-3


def build(seed: int, dtype: torch.dtype) -> TransformerLM:
    """每个进程用同一个种子：初始的参数逐位相同，不必广播。"""
    seed_everything(seed)
    return TransformerLM(VOCAB, CONTEXT, d_model=32, num_layers=2, num_heads=2).to(dtype)


def whole_batch(seed: int, step: int, rows: int = BATCH) -> tuple[Tensor, Tensor]:
    """整批 (B, T)：起点与步长随机的等差数列（模 V），每隔 8 个词步长换一次；答案错开一位。"""
    generator = seeded(seed, "batch", step)
    start = torch.randint(VOCAB, (rows, 1), generator=generator)
    strides = torch.randint(1, 9, (rows, CONTEXT // 8 + 1), generator=generator).repeat_interleave(8, dim=1)
    tokens = (start + strides.cumsum(dim=1)[:, : CONTEXT + 1]) % VOCAB  # (B, T+1)
    return tokens[:, :-1], tokens[:, 1:]


class Neighbours:
    """gloo 上的 exchange：发给右边，收自左边；`sent` 数着发出的字节。"""

    def __init__(self, rank: int, world: int):
        self.right, self.left, self.sent = (rank + 1) % world, (rank - 1) % world, 0

    def exchange(self, x: Tensor) -> Tensor:
        x = x.contiguous()
        received = torch.empty_like(x)
        sending = dist.isend(x, self.right)  # 先发起、不等：大家都先等着收，就谁也不发
        dist.recv(received, self.left)
        sending.wait()
        self.sent += x.numel() * x.element_size()
        return received


class SingleProcess:
    """参照：一个进程算整批。"""

    def __init__(self, model: nn.Module, rank: int = 0, world: int = 1):
        self.model, self.rank, self.world = model, rank, world
        self.network, self.ring = model, Neighbours(rank, world)
        self.parameters = [p for p in model.parameters() if p.requires_grad]
        self.optimizer = self.new_optimizer()

    def new_optimizer(self) -> torch.optim.Optimizer:
        return AdamW(self.parameters, lr=LR)

    def update(self) -> None:
        """梯度已经算好，更新参数。"""
        self.optimizer.step()

    def step(self, x: Tensor, y: Tensor) -> float:
        """整批 (B, T) 里第 rank、rank + world……行归自己；返回自己那几行的损失。"""
        self.model.zero_grad()
        loss = cross_entropy(self.network(x[self.rank :: self.world]), y[self.rank :: self.world])
        loss.backward()
        self.update()
        return loss.item()

    def state_bytes(self) -> int:
        """优化器的状态占多少字节。"""
        states = (value for state in self.optimizer.state.values() for value in state.values())
        return sum(x.numel() * x.element_size() for x in states if isinstance(x, Tensor) and x.dim())


class DataParallel(SingleProcess):
    """各算各的行，梯度全归约再除以进程数，然后各自更新同样的参数。"""

    @torch.no_grad()
    def update(self) -> None:
        grads = [p.grad for p in self.parameters]
        total = all_reduce(flatten(grads), self.rank, self.world, self.ring.exchange)
        unflatten_into(total / self.world, grads)  # 各进程行数相同，平均的平均才等于总的平均
        self.optimizer.step()


class ZeroOne(SingleProcess):
    """ZeRO-1：每个进程只管 1/n 的参数，只存那一份的 m 与 v；更新完再把各份收集起来。"""

    def new_optimizer(self) -> torch.optim.Optimizer:
        mine = split_evenly(flatten(p.detach() for p in self.parameters), self.world)[self.rank]
        self.shard = nn.Parameter(mine.clone())
        return AdamW([self.shard], lr=LR)  # AdamW 逐元素：从哪里切开都不影响结果

    @torch.no_grad()
    def update(self) -> None:
        flat = flatten(p.grad for p in self.parameters)
        self.shard.grad = reduce_scatter(flat, self.rank, self.world, self.ring.exchange) / self.world
        self.optimizer.step()
        everything = all_gather(self.shard.data, self.rank, self.world, self.ring.exchange)
        unflatten_into(everything, [p.data for p in self.parameters])


class Library(SingleProcess):
    """torch 自带的 DistributedDataParallel：反向时一边算一边归约。"""

    def __init__(self, model: nn.Module, rank: int, world: int):
        super().__init__(model, rank, world)
        self.network = DistributedDataParallel(model)


METHODS = {"data_parallel": DataParallel, "zero": ZeroOne, "library": Library}
