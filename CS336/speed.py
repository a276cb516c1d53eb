"""这台机器的极限：矩阵乘的峰值（FLOP/s），MFU 的分母。

教什么：MFU = 模型每秒做的浮点运算 / 机器能做的；分母要量，不抄说明书。
对应笔记：`workflow.md`。
"""

import time

import torch


def matmul_peak(device: torch.device, dtype: torch.dtype, size: int = 1024, seconds: float = 0.3) -> float:
    """(size, size) 方阵相乘的最高速度，单位 FLOP/s；反复乘 seconds 秒，取第一个十分位。"""
    a, b = (torch.randn(size, size, device=device, dtype=dtype) for _ in range(2))
    times, end = [], time.perf_counter() + seconds
    while time.perf_counter() < end or len(times) < 3:
        start = time.perf_counter()
        a @ b
        if device.type == "cuda":
            torch.cuda.synchronize()
        times.append(time.perf_counter() - start)
    # 不取最快的一次：虚拟机的时钟偶尔会跳，量出过比硬件快千倍的数
    return 2 * size**3 / sorted(times)[len(times) // 10]
