"""成对交错计时，比值取中位数，区间由自助法给出。交错：机器几分钟内能快慢一成；看比值：毫秒换台机器就变。"""

import random
import statistics
import time


def compare(ours, reference, pairs: int = 15, warmup: int = 2, clock=time.perf_counter) -> dict:
    """交错地各跑 pairs 次，返回 {"ratio", "low", "high", "ours_ms", "reference_ms", "pairs"}。

    ratio < 1 表示我们更快；[low, high] 是比值中位数的 95 % 自助区间。奇数轮先跑参考，抵消先后次序的影响。
    """
    for _ in range(warmup):
        ours(), reference()
    ours_seconds, reference_seconds = [], []
    for i in range(pairs):
        order = [(ours, ours_seconds), (reference, reference_seconds)]
        for function, seconds in order if i % 2 == 0 else reversed(order):
            start = clock()
            function()
            seconds.append(clock() - start)
    ratios = [a / b for a, b in zip(ours_seconds, reference_seconds)]
    low, high = median_interval(ratios)
    return {
        "ratio": statistics.median(ratios),
        "low": low,
        "high": high,
        "ours_ms": 1000 * statistics.median(ours_seconds),
        "reference_ms": 1000 * statistics.median(reference_seconds),
        "pairs": pairs,
    }


def median_interval(values: list[float], resamples: int = 2000, seed: int = 0) -> tuple[float, float]:
    """中位数的 95 % 自助区间（有放回重采样，取 2.5 % 与 97.5 % 分位）。"""
    generator = random.Random(seed)
    medians = sorted(statistics.median(generator.choices(values, k=len(values))) for _ in range(resamples))
    return medians[int(0.025 * resamples)], medians[int(0.975 * resamples) - 1]
