"""本地服务的实验：预填充与解码的速度、几个请求一起算、前缀缓存、语法约束的代价、几种常见错误的损失。

教什么：服务的时间花在哪里，同样的硬件怎样答更多的请求；没有约束、没有上限、没有前缀时会怎样。
不教什么：逐个词元怎么生成（`generate.py`）；服务怎么写（`serving/`）。
怎么跑（机器上别跑别的）：
  python TrainAndFinetune/2_serve.py            两核 2 到 3 分钟
  python TrainAndFinetune/2_serve.py --smoke    10 秒
对应笔记：`2_serve.md`。不导入 torch。
"""

import statistics
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from book import Parser, common_options, emit_result, run
from TrainAndFinetune import serve
from TrainAndFinetune.serving import pitfalls

SIZE = 262_144


@dataclass(frozen=True)
class Scale:
    """量多少：词元数与次数。"""

    prompts: tuple[int, ...] = (64, 256, 1024)
    tokens: int = 64
    times: int = 3
    batches: tuple[int, ...] = (1, 2, 4)
    shared: int = 768  # 共同的前缀
    questions: int = len(pitfalls.QUESTIONS)
    megabytes: int = 512


SMOKE = Scale((8, 16), 2, 1, (1, 2), 16, 1, 16)


@contextmanager
def served(parallel: int):
    """(客户端, 服务)：直接问引擎，量的是推理，不含外层。"""
    import httpx

    running = serve.build(serve.default_config(parallel=parallel), "127.0.0.1", 0, "lab", None)
    thread = threading.Thread(target=running.wait)
    thread.start()
    try:
        with httpx.Client(
            base_url=running.engine.url, headers=running.engine.headers, timeout=600, trust_env=False
        ) as http:
            yield http, running
    finally:
        running.server.should_exit = True
        thread.join()


def complete(http, prompt: list[int], tokens: int, **options) -> dict:
    """续写一串词元，写满为止。"""
    body = {"prompt": prompt, "max_tokens": tokens, "temperature": 0, "ignore_eos": True, "cache_prompt": False}
    return http.post("/v1/completions", json={**body, **options}).json()


def random_ids(count: int, seed: int) -> list[int]:
    """随机的词元：算一步花多少时间与写的是什么无关。"""
    return np.random.default_rng(seed).integers(1000, SIZE // 2, count).tolist()


def read_bandwidth(megabytes: int, threads: int) -> float:
    """实测的内存读带宽，GB/s：几个线程各读一块比缓存大得多的数组，5 次里最快的。"""
    blocks = [np.ones(megabytes * 2**20 // 4 // threads, np.float32) for _ in range(threads)]
    best = np.inf
    with ThreadPoolExecutor(threads) as pool:
        for _ in range(5):
            start = time.perf_counter()
            list(pool.map(np.max, blocks))  # max 用得上 SIMD，NumPy 在里面放开 GIL
            best = min(best, time.perf_counter() - start)
    return sum(block.nbytes for block in blocks) / 1e9 / best


def measure_phases(http, scale: Scale, seed: int) -> list[dict]:
    """预填充与解码：提示多长，各每秒多少词元。"""
    rows = []
    for length in scale.prompts:
        timings = [complete(http, random_ids(length, seed + i), scale.tokens)["timings"] for i in range(scale.times)]
        prefill, decode = (
            statistics.median(t[f"{kind}_per_second"] for t in timings) for kind in ("prompt", "predicted")
        )
        rows.append({"prompt_tokens": length, "prefill_per_second": prefill, "decode_per_second": decode})
        print(f"提示 {length:5d} 个词元：预填充 {prefill:7.1f}  解码 {decode:6.1f} 词元/秒", flush=True)
    return rows


def measure_batches(http, scale: Scale, seed: int) -> list[dict]:
    """几个请求同时来：合计每秒多少词元。"""
    rows = []
    for count in scale.batches:
        seconds = []
        for i in range(scale.times):
            with ThreadPoolExecutor(count) as pool:
                start = time.perf_counter()
                list(
                    pool.map(
                        lambda k, i=i: complete(http, random_ids(16, seed + 10 * i + k), scale.tokens), range(count)
                    )
                )
                seconds.append(time.perf_counter() - start)
        total = count * scale.tokens / statistics.median(seconds)
        rows.append({"requests": count, "total_per_second": total, "each_per_second": total / count})
        print(f"{count} 个请求一起：合计 {total:6.1f}，每个 {total / count:6.1f} 词元/秒", flush=True)
    return rows


def measure_prefix_cache(http, scale: Scale, seed: int) -> dict:
    """同样的前缀（系统提示、资料）第二次来：只算新的部分。"""
    shared = random_ids(scale.shared, seed)
    first, second = (complete(http, shared + random_ids(16, seed + i), 1, cache_prompt=True)["timings"] for i in (1, 2))
    print(
        f"前缀 {scale.shared} 个词元：第一次 {first['prompt_ms']:.0f} 毫秒，第二次 {second['prompt_ms']:.0f} 毫秒",
        flush=True,
    )
    return {
        "first_ms": first["prompt_ms"],
        "second_ms": second["prompt_ms"],
        "second_computed_tokens": second["prompt_n"],
        "saved_ratio": first["prompt_ms"] / second["prompt_ms"],
    }


def main(argv=None) -> dict:
    parser = Parser(description=__doc__)
    common_options(parser, __file__)
    args = parser.parse_args(argv)
    serve.require_cpu(args.device)
    scale = SMOKE if args.smoke else Scale()
    with served(parallel=max(scale.batches)) as (http, running):
        config = running.engine.config
        size = config.model.stat().st_size
        print(
            f"模型 {config.model.name}（{size / 1e6:.0f} MB）  设备 cpu  线程 {config.threads}  并行 {config.parallel}"
        )
        gbps = read_bandwidth(scale.megabytes, config.threads)
        result = {
            "threads": config.threads,
            "bandwidth_gbps": gbps,
            "model_bytes": size,
            "limit_per_second": gbps * 1e9 / size,
        }
        print(f"内存带宽 {gbps:.1f} GB/s；每个词元读一遍权重，解码的上限 {result['limit_per_second']:.1f} 词元/秒")
        result["phases"] = measure_phases(http, scale, args.seed)
        result["limit_share"] = result["phases"][0]["decode_per_second"] / result["limit_per_second"]
        result["batches"] = measure_batches(http, scale, args.seed)
        result["prefix_cache"] = measure_prefix_cache(http, scale, args.seed)
        result["json"] = pitfalls.measure_grammar(http, running, scale.questions, scale.tokens)
        result |= {
            "questions": scale.questions,
            "stopped": pitfalls.measure_stopping(http, scale.questions, 2 * scale.tokens),
            "marks": pitfalls.measure_marks(http),
        }
    return emit_result({**result, "prefixes": pitfalls.measure_prefixes()})


if __name__ == "__main__":
    run(main)
