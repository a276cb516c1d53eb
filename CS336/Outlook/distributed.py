"""数据并行：两个进程各算半批，梯度用手写的环形全归约相加，与一个进程算整批比较；再把优化器的状态切成两半。

教什么：为什么两种算法等价、为什么又不逐位相同；ZeRO-1；通信量的公式与数出来的；AdamW 怎样掩盖忘记求平均。
不教什么：三种并行的写法（`parallel.py`）、环形全归约的步骤（`ring.py`）、张量并行与流水线并行。
怎么跑：
  python CS336/Outlook/distributed.py            自己启动两个进程，只用本机的回环网卡，约 40 秒
  python CS336/Outlook/distributed.py --smoke    约 10 秒
  torchrun --nproc_per_node=2 CS336/Outlook/distributed.py   由 torchrun 启动也一样
对应笔记：`outlook.md` 第 3 部分。
"""

import os
import statistics
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from torch import Tensor

from book import Parser, UserError, common_options, emit_result, output_dir, pick_device, positive_int, run
from CS336.Outlook.display import show
from CS336.Outlook.parallel import BATCH, LR, METHODS, SingleProcess, build, whole_batch
from CS336.Outlook.ring import bytes_sent, flatten
from CS336.Transformer import cross_entropy


def train(trainer: SingleProcess, seed: int, steps: int) -> tuple[list[Tensor], list[float], float]:
    """走 steps 步；返回每步之后的全部参数 (M,)、每步的损失、每步秒数的中位数。"""
    trace, losses, seconds = [], [], []
    for step in range(steps):
        x, y = whole_batch(seed, step)
        started = time.perf_counter()
        losses.append(trainer.step(x, y))
        seconds.append(time.perf_counter() - started)
        trace.append(flatten(p.detach() for p in trainer.parameters))
    return trace, losses, statistics.median(seconds)


def gaps(trace: list[Tensor], reference: list[Tensor]) -> list[float]:
    """每步之后参数的最大绝对差。"""
    return [(a - b).abs().max().item() for a, b in zip(trace, reference)]


def spreads(trace: list[Tensor], reference: list[Tensor]) -> list[float]:
    """每步之后参数之差的均方根：最大的差常由一个参数决定，这个看全体。"""
    return [(a - b).square().mean().sqrt().item() for a, b in zip(trace, reference)]


def same_everywhere(flat: Tensor, world: int) -> bool:
    """各进程的参数是不是逐位相同。"""
    everyone = [torch.empty_like(flat) for _ in range(world)]
    dist.all_gather(everyone, flat)
    return all(torch.equal(other, flat) for other in everyone)


def first_gradient(seed: int, dtype: torch.dtype) -> Tensor:
    """第一步整批的梯度 (M,)。"""
    model, (x, y) = build(seed, dtype), whole_batch(seed, 0)
    return flatten(torch.autograd.grad(cross_entropy(model(x), y), list(model.parameters())))


def compare_methods(rank: int, world: int, seed: int, steps: int, dtype: torch.dtype) -> dict:
    """三种并行各与一个进程比；每个进程都自己跑一遍参照（互相等着，不如各跑各的）。"""
    single = SingleProcess(build(seed, dtype))
    reference, losses, seconds = train(single, seed, steps)
    count = sum(p.numel() for p in single.parameters)
    result = {"loss_first": losses[0], "loss_last": losses[-1], "step_ms": 1000 * seconds}
    for name, method in METHODS.items():
        trainer = method(build(seed, dtype), rank, world)
        trace, _, seconds = train(trainer, seed, steps)
        curve = gaps(trace, reference)
        result[name] = {
            "gap_first": curve[0],
            "gap": max(curve),
            "curve": spreads(trace, reference),
            "ranks_equal": same_everywhere(trace[-1], world),
            "sent": trainer.ring.sent // steps,
            "sent_formula": bytes_sent(count, world, reference[0].element_size()) if name != "library" else 0,
            "state_bytes": trainer.state_bytes(),
            "step_ms": 1000 * seconds,
        }
        if name == "data_parallel":
            data_parallel = trace
            worst = (trace[0] - reference[0]).abs().argmax()  # 第一步之后差得最多的参数，它的梯度有多大
            gradients = first_gradient(seed, dtype).abs()
            result |= {"worst_gradient": gradients[worst].item(), "median_gradient": gradients.median().item()}
        elif name == "zero":
            result["zero_equals_data_parallel"] = torch.equal(trace[-1], data_parallel[-1])
    return result | {"single_state_bytes": single.state_bytes(), "parameters": count}


class Summed(SingleProcess):
    """反例：梯度相加之后忘了除以进程数（在一个进程里模仿两个：梯度乘 2）。"""

    def update(self) -> None:
        for p in self.parameters:
            p.grad.mul_(2)
        self.optimizer.step()


def with_sgd(trainer: SingleProcess) -> SingleProcess:
    """同样的训练，优化器换成 SGD。"""
    trainer.optimizer = torch.optim.SGD(trainer.parameters, lr=LR)
    return trainer


def mistakes(seed: int, steps: int) -> dict:
    """忘了除以进程数：AdamW 下与 SGD 下，参数各走偏多少（除以参照走过的路）。行数不等时平均的平均错多少。"""
    result = {}
    for name, change in (("adamw", lambda trainer: trainer), ("sgd", with_sgd)):
        right, wrong = (change(kind(build(seed, torch.float32))) for kind in (SingleProcess, Summed))
        start = flatten(p.detach().clone() for p in right.parameters)
        good, bad = (train(trainer, seed, steps)[0][-1] for trainer in (right, wrong))
        result[f"summed_{name}"] = ((bad - good).norm() / (good - start).norm()).item()
    model, (x, y) = build(seed, torch.float64), whole_batch(seed, 0, rows=3)

    def gradient(rows: slice) -> Tensor:
        return flatten(torch.autograd.grad(cross_entropy(model(x[rows]), y[rows]), list(model.parameters())))

    whole, first, second = (gradient(rows) for rows in (slice(0, 3), slice(0, 2), slice(2, 3)))
    for name, mixed in (("plain", (first + second) / 2), ("weighted", (2 * first + second) / 3)):
        result[f"uneven_{name}"] = ((mixed - whole).norm() / whole.norm()).item()
    return result


def work(rank: int, world: int, seed: int, steps: int) -> dict:
    """每个进程做的事；进程组已经建好。"""
    torch.set_num_threads(1)
    return {
        "processes": world,
        "steps": steps,
        "float32": compare_methods(rank, world, seed, steps, torch.float32),
        "float64": compare_methods(rank, world, seed, steps, torch.float64),
    }


def child(rank: int, world: int, store: str, queue, seed: int, steps: int) -> None:
    """spawn 出来的进程的入口：在一个共享文件里会合，做完由 0 号交回结果。"""
    join_group(f"file://{store}", rank, world)
    try:
        result = work(rank, world, seed, steps)
        if rank == 0:
            queue.put(result)
        dist.barrier()  # 一个先走，别的还在等它的消息
    finally:
        dist.destroy_process_group()


def join_group(where: str, rank: int = -1, world: int = -1) -> None:
    """加入进程组，只走回环网卡：不必解析主机名，也不会监听外面的地址。"""
    os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo0" if sys.platform == "darwin" else "lo")
    dist.init_process_group("gloo", init_method=where, rank=rank, world_size=world, timeout=timedelta(minutes=5))


def launch(world: int, seed: int, steps: int) -> dict:
    """启动 world 个进程，等它们做完，返回 0 号的结果。"""
    context = mp.get_context("spawn")
    queue = context.SimpleQueue()
    with tempfile.TemporaryDirectory() as folder:
        store = str(Path(folder) / "store")
        running = mp.spawn(child, (world, store, queue, seed, steps), nprocs=world, join=False)
        while not running.join(timeout=0.2):  # 有进程出错时在这里抛出来
            if not queue.empty():
                break
        result = queue.get()
        while not running.join():
            pass
    return result


def main(argv=None) -> dict:
    parser = Parser(__doc__)
    common_options(parser, script=__file__)
    parser.add_argument("--processes", type=positive_int, default=2, metavar="N", help="几个进程，默认 2；须整除 16")
    parser.add_argument("--steps", type=positive_int, default=100, metavar="N", help="走几步，默认 100；--smoke 时是 3")
    args = parser.parse_args(argv)
    world = int(os.environ.get("WORLD_SIZE", args.processes))
    if world < 2 or BATCH % world:
        raise UserError(f"--processes 收到 {world}，要至少 2，且整除一批的 {BATCH} 行；试试 2 或 4")
    output_dir(args.out)
    if pick_device(args.device).type != "cpu":
        print("只在 cpu 上跑：这里用 gloo；GPU 上把它换成 nccl")
    steps, outside = 3 if args.smoke else args.steps, "RANK" in os.environ
    if outside:  # torchrun 已经启动了全部进程
        join_group("env://")
        try:
            result = work(dist.get_rank(), world, args.seed, steps)
            first = dist.get_rank() == 0
            dist.barrier()
        finally:
            dist.destroy_process_group()
        if not first:
            return {}
    print(f"{world} 个进程，gloo，回环网卡，cpu，float32 与 float64，{steps} 步，种子 {args.seed}")
    if not outside:
        result = launch(world, args.seed, steps)
    torch.set_num_threads(1)
    result |= mistakes(args.seed, steps)
    print(f"  {result['float32']['parameters']:,} 个参数")
    show(result)
    return emit_result(result)


if __name__ == "__main__":
    run(main)
