"""反例：语言模型里常见的错，量它们的害处：损失骗不骗人，写出来的字是什么样。

教什么：溢出与精度的错各从多大的数开始；训练出来的错，训练损失看不看得出；每种错由哪个测试抓住。
不教什么：消融（去掉一样东西，不是写错；见 `workflow.md`）。
怎么跑：
  python CS336/Transformer/pitfalls.py           两核约 2 分钟
  python CS336/Transformer/pitfalls.py --smoke   10 秒内跑通
文字是 Python 自己的文档（`pydoc_data.topics`），一个字节一个词，随 Python 的版本略有不同。
对应笔记：`Transformer.md` 的「常见错误」。
"""

import hashlib
from dataclasses import dataclass

import torch
from torch import Tensor
from tqdm import tqdm

from book import Parser, common_options, emit_result, pick_device, run, seed_everything, seeded
from CS336.Transformer import wrong_parts as wrong
from CS336.Transformer.functional import cross_entropy, softmax
from CS336.Transformer.generate import generate
from CS336.Transformer.model import TransformerLM, count_parameters
from CS336.Transformer.optimizer import AdamW, clip_grad_norm_, cosine_lr

PROMPT = "The following "


@dataclass(frozen=True)
class Size:
    """训练的大小。"""

    width: int = 64
    length: int = 64
    steps: int = 800
    batch: int = 16
    train: int = 400_000  # 训练的字节数
    valid: int = 40_000
    short: int = 8_000  # 「拿训练的文字评估」那一行只用这么多
    decay: float = 0.1
    lr: float = 3e-3


SMOKE = Size(width=16, length=16, steps=3, batch=2, train=4000, valid=400, short=400)
# 名字 -> (改动, 抓住它的测试)
TRAINED = {
    "correct": ({}, ""),
    "unshifted": ({"targets": wrong.unshifted_targets}, "test_targets_are_the_inputs_shifted_by_one"),
    "two_ahead": ({"targets": wrong.targets_two_ahead}, "test_targets_are_the_inputs_shifted_by_one"),
    "coupled_decay": ({"optimizer": wrong.AdamCoupled}, "test_weight_decay_does_not_pass_through_the_moments"),
    "coupled_small": (
        {"optimizer": wrong.AdamCoupled, "decay": 1e-3},
        "test_weight_decay_does_not_pass_through_the_moments",
    ),
    "short_text": ({"short": True}, "test_the_two_parts_of_the_text_do_not_overlap"),
    "half_pairs": ({"rotary": wrong.HalfRotary}, "test_rope_equals_multiplication_by_a_complex_number"),
}


def read_bytes(size: Size) -> tuple[Tensor, Tensor, str]:
    """训练与验证的字节 (N,)，不重叠，与全部文字的摘要。"""
    from pydoc_data.topics import topics

    content = "\n\n".join(text for _, text in sorted(topics.items())).encode()
    data = torch.frombuffer(bytearray(content), dtype=torch.uint8).long()
    valid = data[size.train : size.train + size.valid]
    return data[: size.train], valid, hashlib.sha256(content).hexdigest()


def use_rotary(model: TransformerLM, kind: type) -> None:
    """所有块共用的旋转换成 kind。"""
    model.layers[0].attn.rope.__class__ = kind


@torch.no_grad()
def next_token_loss(model: TransformerLM, data: Tensor, length: int) -> float:
    """真正的损失：首尾相接的片段，每个位置猜下一个字节，(N,) -> 每字节的 nat。"""
    rows = data[: len(data) // (length + 1) * (length + 1)].view(-1, length + 1)  # (N,) -> (n, T+1)
    losses = [cross_entropy(model(part[:, :-1]), part[:, 1:]) * len(part) for part in rows.split(64)]
    return (torch.stack(losses).sum() / len(rows)).item()


def new_model(size: Size, seed: int) -> TransformerLM:
    seed_everything(seed)
    return TransformerLM(256, 2 * size.length, size.width, num_layers=2, num_heads=2)


def train(size: Size, seed: int, data: Tensor, targets=wrong.shifted_targets, optimizer=AdamW, rotary=None, decay=None):
    """训练一次，返回 (模型, 最后 50 步的平均训练损失)。"""
    model = new_model(size, seed).to(data.device)
    if rotary is not None:
        use_rotary(model, rotary)
    optimizer = optimizer(model.parameters(), weight_decay=size.decay if decay is None else decay)
    recent = []
    for step in range(size.steps):
        starts = torch.randint(len(data) - size.length - 1, (size.batch,), generator=seeded("batch", seed, step))
        rows = torch.stack([data[i : i + size.length + 2] for i in starts.tolist()])  # (B, T+2)
        x, y = targets(rows)
        optimizer.param_groups[0]["lr"] = cosine_lr(step, size.lr, size.lr / 10, 50, size.steps)
        loss = cross_entropy(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        recent.append(loss.item())
    return model, sum(recent[-50:]) / len(recent[-50:])


def unigram_loss(data: Tensor, valid: Tensor) -> float:
    """只数每个字节在训练文字里的频率（各加 1）：完全不看前文能到多少。"""
    counts = data.bincount(minlength=256) + 1.0
    return -(counts / counts.sum()).log()[valid].mean().item()


def write(model: TransformerLM, count: int) -> str:
    """接着提示贪心地写 count 个字节，看不见的字符写成转义。"""
    text = bytes(generate(model, list(PROMPT.encode()), count, temperature=0))
    return text.decode("utf-8", "replace").replace("\n", "\\n")


def part_trained(size: Size, seed: int, device: torch.device) -> dict:
    """每种错训练一次：训练损失、训练文字与没见过的文字上真正的损失、权重的大小、写出来的字。"""
    text, valid, digest = read_bytes(size)
    text, valid = text.to(device), valid.to(device)
    rows, models = [], {}
    for name, (change, caught_by) in tqdm(TRAINED.items(), desc="反例", disable=None):
        options = dict(change)
        data = text[: size.short] if options.pop("short", False) else text
        model, loss = train(size, seed, data, **options)
        models[name] = model
        weights = torch.cat([p.detach().flatten() for p in model.parameters() if p.dim() == 2])
        row = {
            "pitfall": name,
            "train_loss": loss,
            "seen_loss": next_token_loss(model, data[: size.valid], size.length),
        }
        row |= {
            "valid_loss": next_token_loss(model, valid, size.length),
            "weight_rms": weights.square().mean().sqrt().item(),
        }
        rows.append(row | {"sample": write(model, 40), "caught_by": caught_by})
        tqdm.write(f"{name:14s} 训练损失 {loss:.3f}  没见过的 {row['valid_loss']:.3f}  {rows[-1]['sample']}")
    mixed = models["correct"]
    use_rotary(mixed, wrong.HalfRotary)
    return {
        "rows": rows,
        "mixed_pairs_loss": next_token_loss(mixed, valid, size.length),
        "mixed_pairs_sample": write(mixed, 40),
        "unigram_loss": unigram_loss(text, valid),
        "text_sha256": digest[:16],
        "parameters": count_parameters(mixed),
    }


@torch.no_grad()
def not_one(weights: Tensor) -> float:
    """各行之和不是 1（差 1 % 以上，或 nan）的行的比例。"""
    return 1 - ((weights.float().sum(-1) - 1).abs() < 0.01).float().mean().item()


def bad(x: Tensor) -> float:
    """不是有限数的比例。"""
    return 1 - x.isfinite().float().mean().item()


def part_overflow(seed: int) -> dict:
    """logits 的标准差多大时，不减最大值的 softmax 坏几成、先取概率的交叉熵变成 inf。"""
    rows = []
    for spread in (1, 2, 3, 4, 10, 20, 30, 50):
        logits = spread * torch.randn(1000, 1000, generator=seeded("overflow", seed))
        targets = torch.arange(1000)
        each = [wrong.cross_entropy_through_softmax(row[None], t[None]) for row, t in zip(logits, targets)]
        rows.append(
            {
                "spread": spread,
                "softmax_float16": not_one(wrong.softmax_without_max(logits.half())),
                "softmax_float32": not_one(wrong.softmax_without_max(logits)),
                "log_of_softmax": bad(torch.stack(each)),
                "right": not_one(softmax(logits)) + bad(cross_entropy(logits, targets)),
            }
        )
    return {"overflow": rows}


def part_norm(seed: int) -> dict:
    """ε 在根号外的 RMSNorm 是正确的几倍；全 0 的一行的梯度；16 位里不升精度，坏几成。"""
    x = torch.randn(64, 512, generator=seeded("norm", seed))
    eps = [{"spread": s} | {"ratio": ratio(wrong.norm_eps_outside(s * x), wrong.norm_right(s * x))} for s in SPREADS]
    gradients = []
    for norm in (wrong.norm_eps_outside, wrong.norm_right):
        zero = torch.zeros(1, 4, requires_grad=True)
        gradients.append(bad(torch.autograd.grad(norm(zero).sum(), zero)[0]))
    halves = []
    for spread in (1, 10, 50, 100, 300):
        half = (spread * x).half()
        out, right = wrong.norm_without_upcast(half), wrong.norm_right(half.float())
        halves.append({"spread": spread, "rows_zero": (out == 0).all(-1).float().mean().item(), "gap": gap(out, right)})
    brain = x.bfloat16()
    brains = [
        gap(norm(brain), wrong.norm_right(brain.float())) for norm in (wrong.norm_without_upcast, wrong.norm_right)
    ]
    return {"eps": eps, "zero_row_bad": gradients, "float16": halves, "bfloat16_gap": brains}


SPREADS = (1.0, 1e-2, 1e-3, 1e-4)


def ratio(a: Tensor, b: Tensor) -> float:
    return (a.norm() / b.norm()).item()


def gap(a: Tensor, b: Tensor) -> float:
    """最大绝对误差。"""
    return (a.detach().float() - b.detach()).abs().max().item()


def main(argv=None) -> dict:
    parser = Parser(__doc__)
    common_options(parser, __file__)
    args = parser.parse_args(argv)
    size = SMOKE if args.smoke else Size()
    device = pick_device(args.device)
    print(
        f"{count_parameters(new_model(size, args.seed)):,} 个参数，{device}，float32，{size.steps} 步，种子 {args.seed}"
    )
    results = part_overflow(args.seed) | part_norm(args.seed) | part_trained(size, args.seed, device)
    return emit_result(results | {"steps": size.steps, "seed": args.seed})


if __name__ == "__main__":
    run(main)
