"""生成的速度：用不用缓存、一批几句，每秒几个词；旁边是内存带宽给出的上限，与 transformers 的 generate。

教什么：一句一句地写，每个词都要把全部权重从内存读一遍，上限是 带宽 / 权重的字节；一批几句共用这一遍。
  相同设置  两边都是 float32、贪心、缓存、展开写的注意力（transformers 的 eager）
  最佳设置  transformers 改用 sdpa；我们没有别的可开
不教什么：编译、量化、GPU；多句之间怎样排队（continuous batching）。
怎么跑（机器上别跑别的）：
  python CS336/bench_generate.py            两核约 4 分钟
  python CS336/bench_generate.py --smoke    很小的模型，10 秒，数字没有意义
对应笔记：`Tokenization/generate.md`。
"""

import time
from functools import partial

import torch

from book import Parser, common_options, compare, emit_result, pick_device, run, seed_everything
from CS336.Transformer import TransformerLM, generate
from CS336.Transformer.convert import llama_config, to_llama_state
from CS336.Transformer.generate import generate_batch
from CS336.Transformer.model import CONFIGURATIONS

SMOKE = {"vocab_size": 50, "context_length": 64, "d_model": 32, "num_layers": 1, "num_heads": 2}
PROMPT = 16


def best_seconds(function, times: int) -> float:
    """跑 times 次里最快的一次：要的是硬件的上限，不是平均。"""
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        function()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def bandwidth(megabytes: int, times: int = 10) -> dict:
    """实测的内存带宽，GB/s：只读（求和）与读加写（复制）；张量比缓存大得多，每次都要去内存里取。"""
    x = torch.ones(megabytes * 2**20 // 4)
    y = torch.empty_like(x)
    size = x.numel() * 4 / 1e9
    read, copy = best_seconds(x.sum, times), best_seconds(lambda: y.copy_(x), times)
    return {"read_gbps": size / read, "copy_gbps": 2 * size / copy}


def matmul_gflops(n: int) -> float:
    """实测的矩阵乘法速度，GFLOP/s。"""
    a, b = torch.randn(n, n), torch.randn(n, n)
    return 2 * n**3 / best_seconds(lambda: a @ b, 6) / 1e9


def step_bytes(model: TransformerLM, B: int, length: float) -> float:
    """写一步要读的字节：每个权重一遍（词向量表只查 B 行），加上 B 句、平均 length 个词的键值缓存。"""
    table = model.token_embeddings.weight
    weights = sum(p.numel() for p in model.parameters()) - table.numel() + B * table.shape[1]
    return 4 * (weights + 2 * B * length * len(model.layers) * table.shape[1])


def step_flops(model: TransformerLM, B: int) -> float:
    """写一步的浮点运算：每句每个权重一乘一加；注意力在这个长度上不到百分之几，不算。"""
    return 2.0 * B * (sum(p.numel() for p in model.parameters()) - model.token_embeddings.weight.numel())


def to_transformers(model: TransformerLM, attention: str, device):
    """同样权重的 LlamaForCausalLM。"""
    from transformers import LlamaForCausalLM

    config = llama_config(model)
    config._attn_implementation = attention
    reference = LlamaForCausalLM(config).eval().to(device)
    reference.load_state_dict(to_llama_state(model))
    return reference


def write_with_transformers(reference, prompts: list[list[int]], count: int) -> list[list[int]]:
    """贪心写满 count 个。"""
    ids = torch.tensor(prompts, device=reference.device)
    out = reference.generate(
        ids,
        attention_mask=torch.ones_like(ids),
        do_sample=False,
        max_new_tokens=count,
        min_new_tokens=count,
        eos_token_id=None,
        pad_token_id=0,
    )
    return out[:, ids.shape[1] :].tolist()


def write(model: TransformerLM, prompts: list[list[int]], count: int) -> list[list[int]]:
    """我们的：一句用 generate，几句用 generate_batch。"""
    if len(prompts) == 1:
        return [generate(model, prompts[0], count, temperature=0)]
    return generate_batch(model, prompts, count, temperature=0)


def bench_cache(model: TransformerLM, prompt: list[int], count: int, pairs: int) -> dict:
    """一句：用缓存与不用。"""
    cached, full = (partial(generate, model, prompt, count, temperature=0, use_cache=c) for c in (True, False))
    row = {"task": "cache / no cache", "batch": 1, "same_output": float(cached() == full())}
    row |= compare(cached, full, pairs, warmup=1)
    speeds = {side: count / row[f"{side}_ms"] * 1000 for side in ("ours", "reference")}
    return row | {"tokens": count} | {f"{side}_tokens_per_second": speed for side, speed in speeds.items()}


def bench_batch(model: TransformerLM, references: dict, B: int, count: int, pairs: int, limits: dict) -> list[dict]:
    """一批 B 句：我们与 transformers，两种设置；附上两个上限。"""
    V = len(model.token_embeddings.weight)
    prompts = torch.randint(V, (B, PROMPT), generator=torch.Generator().manual_seed(B)).tolist()
    step = step_bytes(model, B, PROMPT + count / 2)
    bounds = {
        "bandwidth_limit": B * limits["read_gbps"] * 1e9 / step,
        "compute_limit": B * limits["matmul_gflops"] * 1e9 / step_flops(model, B),
    }
    rows = []
    for setting, reference in references.items():
        theirs = write_with_transformers(reference, prompts, count)
        same = sum(a == b for a, b in zip(write(model, prompts, count), theirs)) / B
        row = {"task": "ours / transformers", "setting": setting, "batch": B, "tokens": count, "same_output": same}
        row |= compare(
            partial(write, model, prompts, count), partial(write_with_transformers, reference, prompts, count), pairs, 1
        )
        for side in ("ours", "reference"):
            row[f"{side}_tokens_per_second"] = B * count / row[f"{side}_ms"] * 1000
        row |= bounds | {"limit_share": row["ours_tokens_per_second"] / min(bounds.values())}
        rows.append(row)
    return rows


def main(argv=None) -> dict:
    parser = Parser(__doc__)
    common_options(parser, __file__)
    args = parser.parse_args(argv)
    seed_everything(args.seed)
    device = pick_device(args.device)
    count, pairs, batches = (8, 3, (1, 2)) if args.smoke else (64, 15, (1, 8, 32))
    limits = bandwidth(8 if args.smoke else 512) | {"matmul_gflops": matmul_gflops(128 if args.smoke else 2048)}
    model = TransformerLM(**(SMOKE if args.smoke else CONFIGURATIONS["handout"])).to(device)
    size = step_bytes(model, 1, 0)
    print(f"设备 {device}，float32，{torch.get_num_threads()} 个线程；每写一步读 {size / 1e6:.1f} MB 的权重")
    print("  ".join(f"{name} {value:.1f}" for name, value in limits.items()))
    references = {"same": to_transformers(model, "eager", device), "best": to_transformers(model, "sdpa", device)}
    prompt = torch.randint(50, (PROMPT,), generator=torch.Generator().manual_seed(0)).tolist()
    rows = [bench_cache(model, prompt, count, pairs)]
    for B in batches:
        rows += bench_batch(model, references, B, count, pairs, limits)
    for row in rows:
        speeds = f"{row['ours_tokens_per_second']:8.1f} / {row['reference_tokens_per_second']:8.1f} 词/秒"
        ratio = f"{row['ratio']:.3f} [{row['low']:.3f}, {row['high']:.3f}]"
        limit = f"上限的 {row['limit_share']:.0%}" if "limit_share" in row else ""
        print(f"{row['task']:20s} {row.get('setting', ''):5s} 批 {row['batch']:2d}  {speeds}  {ratio}  {limit}")
    write_once = partial(write, model, [prompt], count)
    noise = compare(write_once, write_once, pairs, 1)
    return emit_result({"rows": rows, "limits": limits, "step_bytes": size, "noise": noise})


if __name__ == "__main__":
    run(main)
