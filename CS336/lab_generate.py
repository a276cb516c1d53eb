"""生成的实验：训练一个小模型，量温度、过滤、缓存、滑动的窗口、几种写错各有什么后果。

教什么：重复随温度怎样变；缓存与批不改变词；窗口滑动时不重建缓存损失多少；缓存省下几成浮点运算。
不教什么：速度（`bench_generate.py`）、怎样把模型训练好（`run.py`）。
怎么跑：`python CS336/lab_generate.py`（一个线程约 2 分钟，其中训练约 1 分钟；模型存在 --out，第二次不再训练），
  `--smoke`（约 6 秒）。
对应笔记：`Tokenization/generate.md`。
"""

import math
import re
import statistics
from functools import partial

import torch
from torch import Tensor

from book import Parser, atomic_write, common_options, emit_result, output_dir, pick_device, run, seeded
from CS336.sliding import halved_logits, rebuilt_logits, sliding_logits
from CS336.small_writer import SMOKE, Size, Writer
from CS336.Tokenization import BPETokenizer, train_bpe
from CS336.Tokenization.texts import chinese
from CS336.Transformer import TransformerLM, generate
from CS336.Transformer.accounting import Shape, forward_flops
from CS336.Transformer.generate import generate_batch, keep_top_p, next_token_logits

SETTINGS = [{"temperature": T} for T in (0.0, 0.3, 0.5, 0.8, 1.0, 1.2, 1.5)]
SETTINGS += [{"top_k": 40}, {"top_p": 0.9}, {"min_p": 0.1}, {"temperature": 1.5, "min_p": 0.1}]
FILTERS = [{}, {"top_k": 40}, {"top_p": 0.9}, {"min_p": 0.1}, {"top_k": 40, "top_p": 0.9, "min_p": 0.02}]
PROMPT = 8  # 提示的词数


def windows(ids: Tensor, length: int, count: int) -> Tensor:
    """没见过的文字里均匀地取 count 段 (count, length)。"""
    starts = torch.linspace(0, len(ids) - length, count).long().tolist()
    return torch.stack([ids[start : start + length] for start in starts])


# ---------------------------------------------------------------- 温度与过滤


def repeated(ids: list[int], n: int = 4) -> float:
    """一段里重复的 n 个连续词元占几成：1 - 不同的 / 全部。

    >>> repeated([1, 2, 1, 2, 1, 2], n=2)  # 五对里只有 12、21 两种
    0.6
    """
    grams = [tuple(ids[i : i + n]) for i in range(len(ids) - n + 1)]
    return 1 - len(set(grams)) / len(grams)


@torch.inference_mode()
def own_bits(writer: Writer, rows: Tensor) -> float:
    """模型自己给这些续写的损失，bit 每字符（按温度 1 的分布；前 PROMPT 个词是提示，不算）。"""
    log_probs = writer.model(rows[:, :-1]).log_softmax(-1)  # (B, T-1, V)
    nats = -log_probs.gather(-1, rows[:, 1:, None])[:, PROMPT - 1 :].sum().item()
    return nats / math.log(2) / writer.count_characters(rows[:, PROMPT:])


def describe(writer: Writer, rows: Tensor) -> dict:
    """续写 (B, T) 的三个量。不同的词的比例随长度变，所以都只看前 1500 个词。"""
    texts = [writer.tokenizer.decode(row) for row in rows[:, PROMPT:].tolist()]
    words = re.findall(r"[A-Za-z]+", " ".join(texts).lower())[:1500]
    return {
        "repeated": statistics.mean(repeated(row) for row in rows[:, PROMPT:].tolist()),
        "bits_per_char": own_bits(writer, rows),
        "distinct": len(set(words)) / max(1, len(words)),
    }


def part_settings(writer: Writer, count: int, seed: int) -> dict:
    """同样的 count 个提示，各种设置写满窗口；最后一行是真实的文字。"""
    T = writer.model.context_length
    real = windows(writer.held_out_ids(), T, count)  # (count, T)
    prompts, rows, samples = real[:, :PROMPT].tolist(), [], {}
    for options in SETTINGS:
        new = generate_batch(writer.model, prompts, T - PROMPT, generator=seeded(seed, str(options)), **options)
        written = torch.tensor([a + b for a, b in zip(prompts, new)])
        name = "，".join(f"{key.replace('_', '-')} {value:g}" for key, value in options.items())
        rows.append({"name": name, **options, **describe(writer, written)})
        samples[name] = writer.tokenizer.decode(written[count // 2].tolist())
    rows.append({"name": "真实的文字", **describe(writer, real)})
    for name, text in samples.items():
        print(f"---- {name}\n{text}")
    return {"settings": rows, "samples": len(prompts), "sample_tokens": T - PROMPT}


# ---------------------------------------------------------------- 缓存


@torch.inference_mode()
def part_agreement(writer: Writer, count: int) -> dict:
    """用缓存与不用写出的词相同的比例（写到窗口的 1.5 倍）；一次喂完、逐词喂、左边填充，logits 最多差多少。"""
    model, T = writer.model, writer.model.context_length
    rows, same = windows(writer.held_out_ids(), T, count), []
    for row in rows[:, :PROMPT].tolist():
        for i, options in enumerate(FILTERS):
            write = partial(generate, model, row, T + T // 2, **options)
            same.append(write(generator=seeded(i)) == write(generator=seeded(i), use_cache=False))
    full, cache = model(rows), model.new_cache()
    steps = torch.cat([model(rows[:, t : t + 1], cache=cache) for t in range(T)], dim=1)
    half = rows[:, : T // 2]  # 左边填满另一半：位置整个移了 T/2
    visible = torch.arange(T)[None] >= T - T // 2
    padded = model(torch.cat([torch.zeros_like(half), half], dim=1), visible=visible.expand(count, -1))[:, -(T // 2) :]
    return {
        "same_tokens": statistics.mean(same),
        "compared": len(same),
        "cache_gap": (steps - full).abs().max().item(),
        "padding_gap": (padded - full[:, : T // 2]).abs().max().item(),
    }


def part_flops(lengths: tuple[int, ...], shape: Shape) -> dict:
    """逐词喂 T 个词，矩阵乘的浮点运算：不用缓存每步一次前向，用缓存每步一个位置；窗口滑动之后一步贵几倍。"""
    rows = []
    for T in lengths:
        full = sum(sum(forward_flops(shape, 1, t).values()) for t in range(1, T + 1))
        cached = cached_flops(shape, T)
        rows.append({"tokens": T, "full": full, "cached": cached, "ratio": full / cached})
    one = cached_flops(shape, shape.T) - cached_flops(shape, shape.T - 1)  # 窗口恰好满时，用缓存的一步
    rebuild = sum(forward_flops(shape, 1, shape.T).values())
    return {"flops": rows, "rebuild_ratio": rebuild / one, "cache_bytes_per_token": 2 * shape.L * shape.C * 4}


def cached_flops(s: Shape, T: int) -> int:
    """逐词喂 T 个词：线性层每词一次；第 t 步的 query 与 t 个 key 打分，再加权 t 个 value。"""
    one = forward_flops(s, 1, 1)
    linear = sum(count for name, count in one.items() if name != "scores")
    return T * linear + sum(t * one["scores"] for t in range(1, T + 1))


# ---------------------------------------------------------------- 窗口滑动


def part_sliding(writer: Writer, count: int) -> dict:
    """没见过的文字，长两个窗口；后一半每个位置的损失，与重建的比。第一个滑动的词起，按滑了几步给出差距。"""
    model, T = writer.model, writer.model.context_length
    ids = windows(writer.held_out_ids(), 2 * T + 1, count)
    right, targets = rebuilt_logits(model, ids[:, :-1]).log_softmax(-1), ids[:, T + 1 :]
    characters = writer.count_characters(targets)
    rows, curves = [], {}
    cases = {
        "重建": rebuilt_logits,
        "不重建，位置接着数": partial(sliding_logits, keep_counting=True),
        "不重建，位置停在最后": partial(sliding_logits, keep_counting=False),
        "只留一半再重建": halved_logits,
    }
    for name, logits in cases.items():
        log_probs = logits(model, ids[:, :-1]).log_softmax(-1)
        nats = -log_probs.gather(-1, targets[..., None]).sum().item()
        gap = (right.exp() * (right - log_probs)).sum(-1)  # KL (count, T)
        differs = (right.argmax(-1) != log_probs.argmax(-1)).float()
        curves[name] = gap.mean(0).tolist()
        rows.append({"name": name, "bits_per_char": nats / math.log(2) / characters})
        rows[-1] |= {"kl": gap.mean().item(), "argmax_differs": differs.mean().item()}
    return {"sliding": rows, "sliding_curves": list(curves.values())[1:3]} | one_layer(T)


def one_layer(T: int) -> dict:
    """没训练的模型，位置接着数，与重建的 logits 最多差多少：一层相等，两层不等。"""
    gaps = {}
    for name, layers in (("one_layer_gap", 1), ("two_layer_gap", 2)):
        torch.manual_seed(0)
        model, ids = TransformerLM(50, min(T, 16), 32, layers, 2), torch.randint(50, (4, 2 * min(T, 16)))
        gaps[name] = (sliding_logits(model, ids, True) - rebuilt_logits(model, ids)).abs().max().item()
    return gaps


# ---------------------------------------------------------------- 写错


def drop_the_border(logits: Tensor, p: float) -> Tensor:
    """错：只留和不超过 p 的，越过界线的那一个也丢了。"""
    ordered, order = logits.softmax(-1).sort(dim=-1, descending=True, stable=True)
    over = torch.zeros_like(logits, dtype=torch.bool).scatter(-1, order, ordered.cumsum(-1) > p)
    return logits.masked_fill(over, -math.inf)


@torch.inference_mode()
def part_wrong(writer: Writer, count: int, seed: int) -> dict:
    """top-p 丢了界线上的词；温度在过滤之后；不给 eos；不给种子。"""
    model, T = writer.model, writer.model.context_length
    logits = model(windows(writer.held_out_ids(), T, count)).flatten(0, 1)  # (B, T, V) -> (B·T, V)
    right, wrong = keep_top_p(logits, 0.9), drop_the_border(logits, 0.9)
    first = [next_token_logits(logits, 2.0, top_p=0.9), keep_top_p(logits, 0.9) / 2.0]
    entropy = [-(x.softmax(-1) * x.log_softmax(-1).nan_to_num(neginf=0)).sum(-1).mean().item() for x in first]
    starts = [writer.tokenizer.encode(text)[:PROMPT] for text in writer.held_out[:count]]
    free = generate_batch(model, starts, T - PROMPT, temperature=0.8, generator=seeded(seed))
    ends = [row.index(writer.eos_id) + 1 if writer.eos_id in row else len(row) for row in free]
    twice = [generate(model, starts[0], T - PROMPT) for _ in range(2)]
    return {
        "border_kept": right.isfinite().sum(-1).float().mean().item(),
        "border_lost_kept": wrong.isfinite().sum(-1).float().mean().item(),
        "border_lost_empty": (~wrong.isfinite().any(-1)).float().mean().item(),
        "border_lost_mass": wrong.exp().sum(-1).div(logits.exp().sum(-1)).mean().item(),
        "border_kept_mass": right.exp().sum(-1).div(logits.exp().sum(-1)).mean().item(),
        "temperature_first": {"kept": first[0].isfinite().sum(-1).float().mean().item(), "entropy": entropy[0]},
        "temperature_last": {"kept": first[1].isfinite().sum(-1).float().mean().item(), "entropy": entropy[1]},
        "ended": statistics.mean(end < len(row) for end, row in zip(ends, free)),
        "after_eos": 1 - sum(ends) / sum(map(len, free)),
        "unseeded_same": float(twice[0] == twice[1]),
    }


def part_characters(characters: int, vocab_size: int, out) -> dict:
    """中文：一个词元常常不是整数个字。逐个词元解码再打印，冒出多少个 U+FFFD。"""
    text = chinese()[:characters]
    atomic_write(out / "chinese.txt", text.encode("utf-8"))
    tokenizer = BPETokenizer(*train_bpe(out / "chinese.txt", vocab_size))
    ids = tokenizer.encode(text)
    one_by_one = [tokenizer.decode([i]) for i in ids]
    return {
        "chinese_tokens": len(ids),
        "chinese_broken_tokens": statistics.mean("\ufffd" in piece for piece in one_by_one),
        "chinese_replacements": sum(piece.count("\ufffd") for piece in one_by_one),
    }


def main(argv=None) -> dict:
    parser = Parser(__doc__)
    common_options(parser, __file__)
    args = parser.parse_args(argv)
    device, out = pick_device(args.device), output_dir(args.out)
    torch.set_num_threads(1)  # 张量很小，多线程只添等待；求和的次序、从而结果，也不再随核数变
    size = SMOKE if args.smoke else Size()
    print(f"设备 {device}；这个实验都在 CPU 上跑，float32，{size}，种子 {args.seed}")
    writer = Writer(size, args.seed, out)
    few = args.smoke
    shape = Shape(10_000, 256, 512, 4, 16, 1344)  # 作业讲义的基本配置
    results: dict = {"parameters": sum(p.numel() for p in writer.model.parameters()), "digest": writer.digest}
    results |= {"held_out_bits": held_out_bits(writer), "steps": size.steps}
    parts = [
        partial(part_settings, writer, 4 if few else 48, args.seed),
        partial(part_agreement, writer, 2 if few else 4),
        partial(part_flops, (16, 64, 256), shape),
        partial(part_sliding, writer, 2 if few else 16),
        partial(part_wrong, writer, 4 if few else 48, args.seed),
        partial(part_characters, 5_000 if few else 100_000, 300 if few else 2000, out),
    ]
    for part in parts:
        for name, value in part().items():
            results[name] = value
            for row in value if isinstance(value, list) and isinstance(value[0], dict) else [value]:
                print(f"  {name:24s} {row if not isinstance(row, list) else '...'}")
    return emit_result(results)


@torch.inference_mode()
def held_out_bits(writer: Writer) -> float:
    """没见过的文字，bit 每字符：分成不重叠的窗口。"""
    T = writer.model.context_length
    ids = writer.held_out_ids()
    rows = ids[: (len(ids) - 1) // T * T + 1].unfold(0, T + 1, T)  # (N,) -> (窗口, T+1)
    chunks = [rows[i : i + 32] for i in range(0, len(rows), 32)]
    nats = [-writer.model(c[:, :-1]).log_softmax(-1).gather(-1, c[:, 1:, None]).sum().item() for c in chunks]
    return sum(nats) / math.log(2) / writer.count_characters(rows[:, 1:])


if __name__ == "__main__":
    run(main)
