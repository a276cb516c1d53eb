"""速度：本书的 Transformer 与 `nn.Transformer` 在同一个进程里交错计时；缓存与分桶省下多少。

教什么：怎样公平地比。训练一步有两行：
  相同设置  两边都是 fp32、全部位置的 logits、dropout 0
  最佳设置  两边都只算真词的 logits，硬件有 bf16 指令就用；这些选项参考也能用，好处不算我们的
不教什么：为什么快（见 `6_inference.md` 的缓存一节）。
怎么跑（机器上别跑别的）：
  python Transformer/bench.py            两核约 5 分钟
  python Transformer/bench.py --smoke    很小的模型，10 秒，数字没有意义
"""

import time
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from tqdm import tqdm

from book import Parser, common_options, compare, emit_result, has_fast_bf16, pick_device, run, seed_everything
from Transformer.attention import PAD, causal_mask
from Transformer.convert import to_torch
from Transformer.corpus import load_normal_forms
from Transformer.data import BOS, EOS, buckets, encode_pairs, padding_share
from Transformer.decoding import beam_search, greedy
from Transformer.transformer import Transformer

SIZES = {"d_model": 256, "num_heads": 4, "num_layers": 3, "d_ff": 1024, "dropout": 0.0, "norm": "pre"}
VOCAB = 8000


class Reference(nn.Module):
    """nn.Transformer 加上同样的词向量与输出层；权重从 model 复制，结果应当相同。"""

    def __init__(self, model: Transformer):
        super().__init__()
        self.source, self.target, self.output = model.source, model.target, model.output
        self.transformer = to_torch(model)

    def forward(self, source: Tensor, target: Tensor, where: Tensor | None = None) -> Tensor:
        hidden_source = source == PAD
        hidden = self.transformer(
            self.source(source),
            self.target(target),
            tgt_mask=~causal_mask(target.shape[1], target.device),
            src_key_padding_mask=hidden_source,
            memory_key_padding_mask=hidden_source,
            tgt_is_causal=True,
        )
        return self.output(hidden if where is None else hidden[where])


def new_model(sizes: dict) -> Transformer:
    torch.manual_seed(0)
    return Transformer(VOCAB, VOCAB, tie_embeddings="joint", max_length=256, **sizes)


def fake_batch(B: int, longest: int, device) -> tuple[Tensor, Tensor]:
    """长短不一的一批，像分桶之后那样：长度在最长的八成以上。"""
    generator = torch.Generator().manual_seed(1)
    tokens = torch.randint(4, VOCAB, (2, B, longest), generator=generator)
    lengths = torch.randint(int(0.8 * longest), longest + 1, (2, B, 1), generator=generator)
    source, target = tokens.masked_fill(torch.arange(longest) >= lengths, PAD)
    return source.to(device), target.to(device)


def training_step(model: nn.Module, batch, device, bf16: bool = False, real_only: bool = False):
    """返回一个函数，调用一次是完整的一步：前向、损失、反向、更新。"""
    source, target = batch
    model.train().to(device)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4)
    given, answer = target[:, :-1], target[:, 1:]
    where = answer != PAD

    def step():
        optimizer.zero_grad()
        with torch.autocast(device.type, torch.bfloat16, enabled=bf16):
            logits = model(source, given, where) if real_only else model(source, given)
        labels = answer[where] if real_only else answer.flatten()
        F.cross_entropy(logits.float().view(-1, VOCAB), labels, ignore_index=PAD).backward()
        optimizer.step()

    return step


def bench_training(sizes: dict, batch, device, pairs: int) -> list[dict]:
    """两行：相同设置、最佳设置。bf16 只在硬件有指令时试。"""
    rows, half = [], has_fast_bf16(device)
    best = ("bf16 autocast" if half else "fp32") + " + logits of real words"
    for setting, flags, options in (("same", "fp32", (False, False)), ("best", best, (half, True))):
        ours = training_step(new_model(sizes), batch, device, *options)
        reference = training_step(Reference(new_model(sizes)), batch, device, *options)
        row = {"task": "training", "setting": setting, **compare(ours, reference, pairs=pairs)}
        rows.append(row | {"ours_flags": flags, "reference_flags": flags})
    return rows


@torch.inference_mode()
def greedy_without_cache(model: nn.Module, source: Tensor, length: int) -> Tensor:
    """nn.Transformer 的用法：每步把已经写出的全部再算一遍；编码器只算一次。"""
    B = len(source)
    hidden_source, words = source == PAD, torch.full((B, 1), BOS, device=source.device)
    memory = model.transformer.encoder(model.source(source), src_key_padding_mask=hidden_source)
    for _ in range(length):
        hidden = model.transformer.decoder(
            model.target(words),
            memory,
            tgt_mask=~causal_mask(words.shape[1], words.device),
            memory_key_padding_mask=hidden_source,
            tgt_is_causal=True,
        )
        logits = model.output(hidden[:, -1])
        logits[:, [PAD, BOS, EOS]] = -torch.inf
        words = torch.cat([words, logits.argmax(-1, keepdim=True)], dim=1)
    return words[:, 1:]


def bench_decoding(sizes: dict, device, length: int, pairs: int) -> list[dict]:
    """贪心生成 length 个词：我们用缓存，nn.Transformer 不用；两边写出的词相同。"""
    model = new_model(sizes).eval().to(device)
    with torch.no_grad():
        model.output.weight[EOS] = 0  # 不让它停：logit 恒为 0，不会是最大的
    reference = Reference(model).eval().to(device)
    rows = []
    for B in (1, 16):
        source = fake_batch(B, 24, device)[0]
        ours = [h.ids for h in greedy(model, source, length)]
        same = sum(a == b for a, b in zip(ours, greedy_without_cache(reference, source, length).tolist())) / B
        row = {"task": f"greedy {length}, batch {B}", "setting": "cache / no cache"}
        row |= compare(
            partial(greedy, model, source, length), partial(greedy_without_cache, reference, source, length), pairs, 1
        )
        rows.append(row | {"same_output": same, "ours_flags": "fp32 + cache", "reference_flags": "fp32"})
    return rows


def beam_throughput(sizes: dict, device, length: int) -> dict:
    """束宽 4 与贪心各每秒几个词（16 句一批，写满 length 个）。"""
    model, source = new_model(sizes).eval().to(device), fake_batch(16, 24, device)[0]
    with torch.no_grad():
        model.output.weight[EOS] = 0
    speeds = {}
    for name, search in (("greedy", greedy), ("beam4", partial(beam_search, beam=4))):
        search(model, source, max_length=4)
        start = time.perf_counter()
        search(model, source, max_length=length)
        speeds[name] = 16 * length / (time.perf_counter() - start)
    return speeds


def padding_waste(count: int) -> dict:
    """默认任务一轮里填充占的比例：随便分批，与按长度分桶。"""
    task = load_normal_forms(count)
    pairs = encode_pairs(task.train, *task.tokenizers, 128)
    return {
        name: padding_share(pairs, buckets(pairs, 2048, (0,), sort))
        for name, sort in (("random", False), ("buckets", True))
    }


def matmul_peak(n: int) -> float:
    """实测的矩阵乘法速度，FLOP/s。"""
    a, b = torch.randn(n, n), torch.randn(n, n)
    times = []
    for _ in range(6):
        start = time.perf_counter()
        a @ b
        times.append(time.perf_counter() - start)
    return 2 * n**3 / min(times)


def training_flops(model: Transformer, batch) -> float:
    """一步的矩阵乘的浮点运算次数：前向 2·(参数 x 词数) 加注意力，反向再两倍；用 torch 的计数器数。"""
    from torch.utils.flop_counter import FlopCounterMode

    step = training_step(model, batch, torch.device("cpu"))
    with FlopCounterMode(display=False) as counter:
        step()
    return counter.get_total_flops()


def main(argv=None) -> dict:
    parser = Parser(__doc__)
    common_options(parser, __file__)
    args = parser.parse_args(argv)
    seed_everything(args.seed)
    device = pick_device(args.device)
    sizes = SIZES | ({"d_model": 32, "num_layers": 1, "d_ff": 64} if args.smoke else {})
    length, pairs, batch = (8, 3, (4, 10)) if args.smoke else (128, 15, (64, 32))
    peak = matmul_peak(256 if args.smoke else 2048)
    print(f"设备 {device}，{torch.get_num_threads()} 个线程；矩阵乘实测 {peak / 1e9:.0f} GFLOP/s")
    batch = fake_batch(*batch, device)
    rows = bench_training(sizes, batch, device, pairs) + bench_decoding(sizes, device, length, pairs)
    work = training_flops(new_model(sizes), batch)
    for row in rows:
        if row["task"] == "training":
            row["peak_share"] = work / (row["ours_ms"] / 1000) / peak
        tqdm.write(
            f"{row['task']:22s} {row['setting']:16s} {row['ratio']:.3f} [{row['low']:.3f}, {row['high']:.3f}]  "
            f"{row['ours_ms']:.1f} / {row['reference_ms']:.1f} ms  {row['ours_flags']} | {row['reference_flags']}"
        )
    step = training_step(new_model(SIZES | {"num_layers": 1}), fake_batch(4, 10, device), device)
    return emit_result(
        {
            "rows": rows,
            "noise": compare(step, step, pairs=pairs),
            "peak_gflops": peak / 1e9,
            "words_per_second": beam_throughput(sizes, device, length),
            "padding": padding_waste(400 if args.smoke else 20000),
        }
    )


if __name__ == "__main__":
    run(main)
