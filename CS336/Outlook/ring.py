"""环形全归约：每个进程只与左右两个邻居说话，也能让所有进程都得到总和。

教什么：归约散发（reduce-scatter）与全收集（all-gather）各走 n - 1 步，合起来是全归约；每个进程发出多少字节。
不教什么：真正的网络。传送由调用者给的 exchange 函数做：`distributed.py` 用 gloo，`simulate` 用线程。
怎么跑：被 `distributed.py` 使用，没有命令行。
对应笔记：`outlook.md` 第 3 部分。
"""

import queue
import threading
from collections.abc import Callable

import torch
from torch import Tensor

# exchange(x)：把 x 发给右邻居，返回左邻居发来的、同样形状的张量
Exchange = Callable[[Tensor], Tensor]


def split_evenly(flat: Tensor, world: int) -> Tensor:
    """(M,) -> (world, ⌈M / world⌉)，末尾补 0：每块一样长，邻居才知道要收多少。

    >>> split_evenly(torch.arange(5), 2)
    tensor([[0, 1, 2],
            [3, 4, 0]])
    """
    length = -(-flat.numel() // world)
    padded = flat.new_zeros(world * length)
    padded[: flat.numel()] = flat
    return padded.view(world, length)


def reduce_scatter(flat: Tensor, rank: int, world: int, exchange: Exchange) -> Tensor:
    """各进程的 flat (M,) 相加，第 rank 个进程只得到总和的第 rank 块 (⌈M / world⌉,)。

    第 s 步发第 rank - s - 1 块：刚加过上一步收到的那块，所以每块绕环一圈，攒齐所有人的。
    """
    chunks = split_evenly(flat, world)
    for step in range(world - 1):
        received = exchange(chunks[(rank - step - 1) % world])
        chunks[(rank - step - 2) % world] += received
    return chunks[rank]


def all_gather(chunk: Tensor, rank: int, world: int, exchange: Exchange) -> Tensor:
    """每个进程有一块，走 world - 1 步之后每个进程都有全部：(n,) -> (world * n,)。

    收到的原样传给下一个，一个比特也不改：所以各进程最后逐位相同。
    """
    chunks = chunk.new_empty(world, chunk.numel())
    chunks[rank] = chunk
    for step in range(world - 1):
        chunks[(rank - step - 1) % world] = exchange(chunks[(rank - step) % world])
    return chunks.view(-1)


def all_reduce(flat: Tensor, rank: int, world: int, exchange: Exchange) -> Tensor:
    """各进程的 flat (M,) 相加，每个进程都得到总和 (M,)：归约散发，再全收集。"""
    chunk = reduce_scatter(flat, rank, world, exchange)
    return all_gather(chunk, rank, world, exchange)[: flat.numel()]


def bytes_sent(count: int, world: int, size: int = 4) -> int:
    """全归约 count 个数，一个进程发出的字节：2 (n - 1) 块，每块 ⌈count / n⌉ 个，每个 size 字节。

    >>> bytes_sent(1000, 2), bytes_sent(1000, 8)
    (4000, 7000)
    """
    return 2 * (world - 1) * -(-count // world) * size


def simulate(world: int, work: Callable[[int, Exchange], Tensor]) -> tuple[list[Tensor], list[int]]:
    """world 个线程当 world 个进程，各跑 work(rank, exchange)；返回各自的结果与各自发出的字节数。

    >>> simulate(3, lambda rank, exchange: all_reduce(torch.tensor([1.0, 10.0]) * rank, rank, 3, exchange))[0]
    [tensor([ 3., 30.]), tensor([ 3., 30.]), tensor([ 3., 30.])]
    """
    mailboxes = [queue.Queue() for _ in range(world)]
    results, sent, failures = [None] * world, [0] * world, []

    def process(rank: int) -> None:
        def exchange(x: Tensor) -> Tensor:
            sent[rank] += x.numel() * x.element_size()
            mailboxes[(rank + 1) % world].put(x.clone())
            return mailboxes[rank].get(timeout=60)

        try:
            results[rank] = work(rank, exchange)
        except Exception as error:  # 线程里的异常不会自己传出来
            failures.append(error)

    threads = [threading.Thread(target=process, args=(rank,), daemon=True) for rank in range(world)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return results, sent


def flatten(tensors) -> Tensor:
    """一列张量接成一个 (M,)。"""
    return torch.cat([tensor.reshape(-1) for tensor in tensors])


def unflatten_into(flat: Tensor, tensors) -> None:
    """`flatten` 的反面：把 (M,) 按次序写回每个张量。"""
    start = 0
    for tensor in tensors:
        tensor.copy_(flat[start : start + tensor.numel()].view_as(tensor))
        start += tensor.numel()
