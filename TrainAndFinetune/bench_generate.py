"""生成的速度：每秒几个词元，旁边是 transformers 的 generate、llama.cpp，与内存带宽给出的上限。

教什么：一句一句地写，每个词元都要把全部权重从内存读一遍，上限是 带宽 / 权重的字节；哪些开销不是读权重。
  相同设置  两边都是 float32、sdpa、键值缓存、同样的挑法
  最佳设置  两边都换成 bfloat16（要 CPU 有 bf16 指令，否则只报相同设置）
  llama.cpp  4 位的 GGUF，同样的线程数；它的权重只有 float32 的四分之一，单列一行，不与我们算比值
不教什么：编译、GPU、多句之间怎样排队。
怎么跑（机器上别跑别的）：
  python TrainAndFinetune/bench_generate.py            两核约 15 分钟
  python TrainAndFinetune/bench_generate.py --smoke    随机的小模型，10 秒，数字没有意义
对应笔记：`3_generate.md`。
"""

import statistics
import time
from collections.abc import Callable
from functools import partial

import torch

from book import Parser, UserError, common_options, compare, emit_result, has_fast_bf16, run
from TrainAndFinetune.base import load_base, tiny_model
from TrainAndFinetune.decoding.beams import BeamOptions, beam_search
from TrainAndFinetune.decoding.filters import Sampling
from TrainAndFinetune.decoding.kv_cache import bytes_per_token
from TrainAndFinetune.decoding.loop import GREEDY, Session, generate, generate_batch
from TrainAndFinetune.decoding.speculative import speculate

PROMPT = 32  # 提示的词元数
NUCLEUS = Sampling(temperature=1.0, top_p=0.95)
REPEATED = 8  # 抄得多的提示：同样的 8 个词元反复出现


def random_prompts(vocab: int, count: int) -> list[list[int]]:
    """count 个随机的提示；写出来的不重要，每一步的计算量与写什么无关。"""
    return torch.randint(10, vocab, (count, PROMPT), generator=torch.Generator().manual_seed(0)).tolist()


def library(model, prompts: list[list[int]], count: int, **options) -> list[list[int]]:
    """transformers 的 generate，写满 count 个。"""
    ids = torch.tensor(prompts)
    common = {"eos_token_id": None, "pad_token_id": 0, "max_new_tokens": count, "do_sample": False}
    out = model.generate(ids, attention_mask=torch.ones_like(ids), **{**common, **options})
    return out[:, ids.shape[1] :].tolist()


def read_bandwidth(megabytes: int) -> float:
    """实测的内存带宽，GB/s：求和一个比缓存大得多的张量，10 次里最快的。"""
    x, seconds = torch.ones(megabytes * 2**20 // 4), []
    for _ in range(10):
        start = time.perf_counter()
        x.sum()
        seconds.append(time.perf_counter() - start)
    return x.numel() * 4 / 1e9 / min(seconds)


def step_bytes(model, rows: int, length: float) -> float:
    """写一步要读的字节：每个权重一遍（词向量表就是 lm_head，整个要读），加上 rows 句、平均 length 个词元的缓存。"""
    weight = next(model.parameters())
    cache = bytes_per_token(model.config, weight.element_size()) * rows * length
    return sum(p.numel() for p in model.parameters()) * weight.element_size() + cache


def cases(model, count: int) -> list[tuple[str, int, Callable, Callable]]:
    """(名字, 几句, 我们的, transformers 的)；两边写同样多的词元。"""
    vocab = model.config.vocab_size
    one, eight = random_prompts(vocab, 1), random_prompts(vocab, 8)
    copying = [one[0][:REPEATED] * (PROMPT // REPEATED)]
    nucleus = {"do_sample": True, "temperature": 1.0, "top_p": 0.95, "top_k": 0}
    lookup = {"prompt_lookup_num_tokens": 6, "max_matching_ngram_size": 3}
    return [
        ("greedy", 1, partial(generate, model, one[0], count), partial(library, model, one, count)),
        (
            "top-p 0.95",
            1,
            partial(generate, model, one[0], count, NUCLEUS),
            partial(library, model, one, count, **nucleus),
        ),
        ("greedy batch 8", 8, partial(generate_batch, model, eight, count), partial(library, model, eight, count)),
        (
            "beam 4",
            1,
            partial(beam_search, model, one[0], count, BeamOptions(4)),
            partial(library, model, one, count, num_beams=4),
        ),
        (
            "prompt lookup",
            1,
            lambda: [t for chunk in speculate(model, copying[0], count) for t in chunk],
            partial(library, model, copying, count, **lookup),
        ),
        (
            "lookup / plain (both ours)",
            1,
            lambda: [t for chunk in speculate(model, copying[0], count) for t in chunk],
            partial(generate, model, copying[0], count),
        ),
    ]


def bench(model, setting: str, count: int, pairs: int, gbps: float) -> list[dict]:
    """一种精度下的全部比较；ratio < 1 是我们更快。"""
    rows = []
    for name, B, ours, theirs in cases(model, count):
        row = {"task": name, "setting": setting, "batch": B, "tokens": count} | compare(ours, theirs, pairs, warmup=1)
        for side in ("ours", "reference"):
            row[f"{side}_tokens_per_second"] = B * count / row[f"{side}_ms"] * 1000
        limit = B * gbps * 1e9 / step_bytes(model, B, PROMPT + count / 2)
        row |= {"bandwidth_limit": limit, "limit_share": row["ours_tokens_per_second"] / limit}
        ratio = f"{row['ratio']:.3f} [{row['low']:.3f}, {row['high']:.3f}]"
        speeds = f"{row['ours_tokens_per_second']:7.1f} / {row['reference_tokens_per_second']:7.1f} 词元/秒"
        print(f"{name:28s} {setting:9s} {speeds}  {ratio}  上限的 {row['limit_share']:.0%}", flush=True)
        rows.append(row)
    return rows


@torch.inference_mode()
def time_parts(model, times: int) -> dict:
    """一步的毫秒数花在哪里：网络的各层、lm_head、贪心的 argmax、top-p 的排序（整个词表）与短名单。"""
    from TrainAndFinetune.decoding.filters import keep_top_p, survivors

    session = Session(model, 1, PROMPT + 2 * times + 2)
    session.feed(torch.tensor(random_prompts(model.config.vocab_size, 1)))
    token, hidden = (
        torch.tensor([[11]]),
        torch.randn(1, 1, model.config.hidden_size, dtype=next(model.parameters()).dtype),
    )
    logits = model.lm_head(hidden)[0, -1].float() * 3
    parts = {
        "step": lambda: session.feed(token),
        "lm_head": lambda: model.lm_head(hidden),
        "argmax": lambda: logits.argmax(),
        "top_p_full_sort": lambda: keep_top_p(logits, 0.95),
        "top_p_shortlist": lambda: survivors(logits, NUCLEUS),
        "multinomial": lambda: torch.multinomial(logits.softmax(-1), 1),
    }
    found = {}
    for name, function in parts.items():
        seconds = []
        for _ in range(times):
            start = time.perf_counter()
            function()
            seconds.append(time.perf_counter() - start)
        found[f"{name}_ms"] = 1000 * statistics.median(seconds)
    return found


def bench_llama(count: int, times: int, gbps: float) -> dict:
    """llama.cpp（xllamacpp，同一个进程里）写同样多的词元；时间由它自己报。"""
    try:
        import xllamacpp
    except ImportError:
        raise UserError(
            '没有装推理引擎 xllamacpp；先运行 pip install -e ".[trainandfinetune]"，或加 --no-llama'
        ) from None
    from TrainAndFinetune.models import assemble

    path, p = assemble(), xllamacpp.CommonParams()
    p.model.path, p.n_ctx, p.n_parallel = str(path), 1024, 1
    p.cpuparams.n_threads = p.cpuparams_batch.n_threads = torch.get_num_threads()
    p.hostnames, p.port, p.warmup, p.ui, p.verbosity = ["127.0.0.1"], 0, True, False, 0
    server, speeds = xllamacpp.Server(p), []
    request = {"prompt": random_prompts(262144, 1)[0], "n_predict": count, "temperature": 0, "ignore_eos": True}
    for _ in range(times + 1):
        speeds.append(server.handle_completions({**request, "cache_prompt": False})["timings"]["predicted_per_second"])
    speed, limit = statistics.median(speeds[1:]), gbps * 1e9 / path.stat().st_size
    print(f"{'llama.cpp greedy':28s} Q4_K_M    {speed:7.1f} 词元/秒  上限的 {speed / limit:.0%}", flush=True)
    return {"llama_tokens_per_second": speed, "llama_limit": limit, "llama_share": speed / limit}


def main(argv=None) -> dict:
    parser = Parser(__doc__)
    parser.add_argument("--no-llama", action="store_true", help="不量 llama.cpp，默认量")
    common_options(parser, __file__)
    args = parser.parse_args(argv)
    if args.device not in ("auto", "cpu"):
        raise UserError(f"--device {args.device}：上限按 CPU 的内存带宽算，只在 CPU 上量；去掉 --device")
    count, pairs = (6, 2) if args.smoke else (32, 15)
    gbps = read_bandwidth(16 if args.smoke else 512)
    model = tiny_model(args.seed, vocab_size=300) if args.smoke else load_base()[0]
    size = step_bytes(model, 1, 0)
    print(f"CPU，{torch.get_num_threads()} 个线程，内存带宽 {gbps:.1f} GB/s，一步读 {size / 1e6:.0f} MB")
    result = {"bandwidth_gbps": gbps, "step_bytes": size}
    rows = bench(model, "float32", count, pairs, gbps)
    result |= time_parts(model, 3 if args.smoke else 20)
    write = partial(generate, model, random_prompts(model.config.vocab_size, 1)[0], count, GREEDY)
    result["noise"] = compare(write, write, pairs, 1)  # 同一段代码与自己比：小于它的差别不算数
    if args.smoke or has_fast_bf16(torch.device("cpu")):
        rows += bench(model.bfloat16(), "bfloat16", count, pairs, gbps)
    del model
    if not (args.smoke or args.no_llama):
        result |= bench_llama(64, 5, gbps)
    return emit_result({"rows": rows, **result})


if __name__ == "__main__":
    run(main)
