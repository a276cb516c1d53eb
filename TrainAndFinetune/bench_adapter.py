"""适配器的代价：同一个基座，带不带 LoRA 适配器，装载几秒、预填充与解码每秒几个词元。

教什么：不合并的 LoRA 每一层多算两个瘦矩阵；时间多在哪里，值不值得合并。
不教什么：合并（`export.py --merged`）；服务的别的开销（`2_serve.py`）。
怎么跑（机器上别跑别的）：
  python TrainAndFinetune/bench_adapter.py                 本书的适配器，两核约 3 分钟
  python TrainAndFinetune/bench_adapter.py --gguf FILE     另一个
  python TrainAndFinetune/bench_adapter.py --smoke         10 秒
对应笔记：`assistant.md`「服务」。不导入 torch。
"""

import time
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import httpx
import numpy as np

from book import Parser, UserError, common_options, compare, emit_result, run
from TrainAndFinetune import serve
from TrainAndFinetune.serving.engine import Engine, EngineConfig

VOCABULARY = 262_144


def random_ids(count: int, seed: int) -> list[int]:
    """随机的词元：一步的时间与写的是什么无关。"""
    return np.random.default_rng(seed).integers(1000, VOCABULARY // 2, count).tolist()


def complete(http: httpx.Client, prompt: list[int], tokens: int) -> None:
    """读完提示，写满 tokens 个词元；不用前缀缓存。"""
    body = {"prompt": prompt, "max_tokens": tokens, "temperature": 0, "ignore_eos": True, "cache_prompt": False}
    http.post("/v1/completions", json=body).raise_for_status()


def load(config: EngineConfig) -> None:
    """装载一次再放掉。"""
    Engine(config)


def measure(base: EngineConfig, tuned: EngineConfig, prompt: int, tokens: int, pairs: int, seed: int) -> list[dict]:
    """三行：装载、预填充、解码；ratio 是带适配器的时间除以不带的。"""
    ids = random_ids(prompt, seed)
    rows = [{"task": "load", "tokens": 0, **compare(partial(load, tuned), partial(load, base), pairs, warmup=1)}]
    with ExitStack() as stack:
        clients = []
        for config in (tuned, base):
            engine = Engine(config)
            client = httpx.Client(base_url=engine.url, headers=engine.headers, timeout=600, trust_env=False)
            clients.append((stack.enter_context(client), engine))  # 引擎要留着：对象没了，服务就没了
        for task, given, written in (("prefill", ids, 1), ("decode", ids[:8], tokens)):
            calls = [partial(complete, client, given, written) for client, _ in clients]
            row = {"task": task, "tokens": len(given) if task == "prefill" else written}
            rows.append({**row, **compare(*calls, pairs, warmup=1)})
    return [row | speeds(row) for row in rows]


def speeds(row: dict) -> dict:
    """每秒几个词元；装载的一行没有。"""
    if not row["tokens"]:
        return {}
    return {name: 1000 * row["tokens"] / row[f"{side}_ms"] for name, side in (("tuned", "ours"), ("base", "reference"))}


def show(row: dict) -> None:
    speed = f"{row['tuned']:7.1f} / {row['base']:7.1f} 词元/秒" if row["tokens"] else " " * 25
    print(f"{row['task']:8s} 带 {row['ours_ms']:8.0f} ms  不带 {row['reference_ms']:8.0f} ms  {speed}", end="")
    print(f"  比值 {row['ratio']:.3f} [{row['low']:.3f}, {row['high']:.3f}]", flush=True)


def main(argv=None) -> dict:
    parser = Parser(__doc__)
    parser.add_argument("--gguf", type=Path, default=serve.ADAPTER, metavar="FILE", help="哪个适配器，默认本书的")
    common_options(parser, __file__)
    args = parser.parse_args(argv)
    serve.require_cpu(args.device)
    if not args.gguf.is_file():
        raise UserError(f"没有适配器 {args.gguf}；用 export.py 导出一个，再给 --gguf")
    base = serve.default_config(parallel=1)
    base = EngineConfig(base.model, parallel=1, context=1024)
    tuned = EngineConfig(base.model, adapter=args.gguf, parallel=1, context=1024)
    prompt, tokens, pairs = (8, 2, 1) if args.smoke else (512, 64, 15)
    print(f"基座 {base.model.name}  适配器 {args.gguf.stat().st_size / 2**20:.1f} MiB  设备 cpu  线程 {base.threads}")
    start = time.perf_counter()
    rows = measure(base, tuned, prompt, tokens, pairs, args.seed)
    for row in rows:
        show(row)
    size = args.gguf.stat().st_size
    return emit_result({"rows": rows, "adapter_bytes": size, "seconds": time.perf_counter() - start})


if __name__ == "__main__":
    run(main)
