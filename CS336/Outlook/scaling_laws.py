"""缩放定律：同样的算力，模型多大最好？几个预算，每个训练几种大小，拟合 N_opt ∝ Cᵃ（IsoFLOP）。

教什么：C = 6ND 从哪来、漏了什么；为什么每次训练的学习率都要正好在最后一步降完；谷底怎样读；指数的区间。
不教什么：拟合的算术（`isoflop.py`）、模型与优化器（`CS336/Transformer/`）。
怎么跑：
  python CS336/Outlook/scaling_laws.py           3 个小预算，一个线程约 2 分半
  python CS336/Outlook/scaling_laws.py --full    6 个预算，一个线程约 35 分钟；每训完一个记一行，中断后同样的命令接着跑
  python CS336/Outlook/scaling_laws.py --smoke   10 秒
对应笔记：`outlook.md` 第 4 部分。
"""

import hashlib
import json
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from book import (
    Parser,
    UserError,
    atomic_write,
    common_options,
    emit_result,
    output_dir,
    pick_device,
    positive_int,
    run,
    seed_everything,
    seeded,
)
from CS336.Outlook import isoflop
from CS336.Outlook.display import text_of
from CS336.Tokenization.corpus import docstrings
from CS336.Transformer import AdamW, TransformerLM, clip_grad_norm_, cosine_lr, cross_entropy, get_batch
from CS336.Transformer.accounting import Shape, training_flops

VOCAB, CONTEXT, BATCH = 256, 64, 16  # 词元就是字节；一步 1,024 个
# (宽, 层)，从小到大；约每 16 宽一个头
SIZES = (
    *((12, 1), (16, 1), (16, 2), (24, 2), (32, 2), (48, 2)),
    *((64, 2), (64, 3), (80, 3), (96, 3), (128, 3)),
)


@dataclass(frozen=True)
class Plan:
    """训练哪些：预算（FLOPs）-> SIZES 里的哪一段。"""

    budgets: dict[float, slice]
    corpus_bytes: int
    evaluation_batches: int

    def smallest(self, count: int | None) -> "Plan":
        """只留最小的 count 个预算。"""
        return replace(self, budgets=dict(list(self.budgets.items())[:count]))

    def runs(self) -> list[tuple[float, int, int]]:
        return [(C, *size) for C, part in self.budgets.items() for size in SIZES[part]]


SMALL = {3e10: slice(0, 5), 1e11: slice(1, 6), 3e11: slice(2, 7)}
LARGE = {1e12: slice(3, 9), 3e12: slice(4, 10), 1e13: slice(6, 11)}
PLANS = {
    "smoke": Plan({1e9: slice(0, 3), 2e9: slice(0, 3)}, 200_000, 2),
    "quick": Plan(SMALL, 3_000_000, 64),
    "full": Plan(SMALL | LARGE, 10_000_000, 128),
}


def feed_forward_width(d_model: int) -> int:
    """8/3 d_model，取到 16 的倍数；默认取到 64 的倍数，对这么窄的模型太粗。

    >>> [feed_forward_width(d) for d in (16, 64, 192)]
    [48, 176, 512]
    """
    return max(16, round(8 / 3 * d_model / 16) * 16)


def build(d_model: int, num_layers: int) -> TransformerLM:
    """一个字节级的语言模型。"""
    return TransformerLM(VOCAB, CONTEXT, d_model, num_layers, max(1, d_model // 16), feed_forward_width(d_model))


def counted_parameters(model: TransformerLM) -> int:
    """C = 6ND 里的 N：除了词向量表，全部参数。查表不是乘法，表有多大都不花 FLOP；输出层要花，算在内。"""
    return sum(p.numel() for name, p in model.named_parameters() if name != "token_embeddings.weight")


def flops_per_token(d_model: int, num_layers: int) -> float:
    """一个词元训练时的全部矩阵乘，含注意力分数（6N 里没有它）；单位 FLOP。"""
    shape = Shape(VOCAB, CONTEXT, d_model, num_layers, max(1, d_model // 16), feed_forward_width(d_model))
    return training_flops(shape) / CONTEXT


def peak_learning_rate(d_model: int) -> float:
    """峰值学习率：与宽度成反比，64 宽时 0.012，最多 0.024。怎么定的见笔记。

    >>> [peak_learning_rate(d) for d in (16, 32, 64, 128)]
    [0.024, 0.024, 0.012, 0.006]
    """
    return min(0.024, 0.012 * 64 / d_model)


def load_corpus(out: Path, size: int) -> tuple[np.ndarray, np.ndarray, str]:
    """(训练的字节, 验证的字节, 摘要)。第一次造好就存在 out：中断后装了新的包，接着跑的还是同一份语料。"""
    path = out / f"corpus-{size}.txt"
    if not path.is_file():
        atomic_write(path, docstrings(size).encode("utf-8"))
    data = path.read_bytes()
    if len(data) < 100_000:
        raise UserError(f"语料 {path} 只有 {len(data)} 字节，要至少 100,000；删掉它重跑")
    piece = 20_000  # 每 20 段留一段验证：两边来自同样的包
    pieces = [np.frombuffer(data[i : i + piece], dtype=np.uint8) for i in range(0, len(data), piece)]
    train = np.concatenate([p for i, p in enumerate(pieces) if i % 20 != 19] or pieces)
    valid = np.concatenate([p for i, p in enumerate(pieces) if i % 20 == 19] or pieces[-1:])
    return train, valid, hashlib.sha256(data).hexdigest()[:12]


@torch.no_grad()
def evaluate(model: TransformerLM, valid: np.ndarray, batches: int) -> float:
    """验证集上每个字节的损失（nat）；各模型用同样的片段。"""
    generator, total = seeded("valid"), 0.0
    for _ in range(batches):
        x, y = get_batch(valid, BATCH, CONTEXT, generator=generator)
        total += cross_entropy(model(x), y).item()
    return total / batches


def train_one(budget: float, d_model: int, num_layers: int, data, plan: Plan, seed: int, scale: float = 1.0) -> dict:
    """用 budget 次浮点运算训练一个模型：步数 = C / 6N / 一步的词元数。返回一行结果。"""
    train, valid, _ = data
    seed_everything(seed)
    model = build(d_model, num_layers)
    N, peak, started = counted_parameters(model), scale * peak_learning_rate(d_model), time.process_time()
    # region training
    steps = max(1, round(budget / (6 * N * BATCH * CONTEXT)))
    warmup = max(1, steps // 20)
    optimizer = AdamW(model.parameters(), lr=peak, betas=(0.9, 0.95), weight_decay=0.1)
    for step in tqdm(range(steps), desc=f"{budget:.0e} N={N:,}", leave=False, disable=None):
        # 余弦正好降到最后一步：照一条更长的曲线训练、半路停下的模型，损失偏高（Hoffmann et al. 2022，附录 B）
        optimizer.param_groups[0]["lr"] = cosine_lr(step + 1, peak, peak / 10, warmup, steps)
        x, y = get_batch(train, BATCH, CONTEXT, generator=seeded(seed, step))
        optimizer.zero_grad()
        cross_entropy(model(x), y).backward()
        clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    # endregion
    D = steps * BATCH * CONTEXT
    return {
        **{"budget": budget, "d_model": d_model, "num_layers": num_layers, "N": N, "D": D, "steps": steps},
        **{"epochs": D / len(train), "loss": evaluate(model, valid, plan.evaluation_batches), "lr": peak},
        "counted_flops": D * flops_per_token(d_model, num_layers),
        "cpu_seconds": round(time.process_time() - started, 1),
    }


def read_rows(path: Path) -> dict[str, dict]:
    """已经训完的：{键: 一行}；文件不在是空的，坏了是 UserError。"""
    rows = {}
    for i, line in enumerate(path.read_text(encoding="utf-8").splitlines() if path.is_file() else [], 1):
        try:
            record = json.loads(line)
            rows[record["key"]] = record["row"]
        except (ValueError, KeyError, TypeError):
            raise UserError(f"{path} 第 {i} 行不是本脚本写的 JSON；删掉那一行再跑，别的行都会留用") from None
    return rows


def write_rows(path: Path, rows: dict[str, dict]) -> None:
    """整个文件重写再改名：断电时要么有这一行，要么没有，没有半行。"""
    lines = (json.dumps({"key": key, "row": row}, ensure_ascii=False) for key, row in rows.items())
    atomic_write(path, "".join(line + "\n" for line in lines).encode())


def sweep(plan: Plan, data, out: Path, seed: int) -> list[dict]:
    """训练计划里还没训过的，每完一个就存一行；返回计划里的全部行。"""
    path, chosen = out / "runs.jsonl", []
    rows = read_rows(path)
    for C, d_model, num_layers in plan.runs():
        # 键里有决定结果的一切：换了语料、批、学习率的规则，旧的行就不会被当成新的
        settings = [C, d_model, num_layers, seed, data[2], BATCH, CONTEXT, peak_learning_rate(d_model)]
        key = json.dumps([*settings, plan.evaluation_batches])
        if key not in rows:
            rows[key] = train_one(C, d_model, num_layers, data, plan, seed)
            write_rows(path, rows)
        chosen.append(rows[key])
        row = rows[key]
        print(f"  C={C:.0e}  N={row['N']:>9,}  D={row['D']:>11,}  {row['steps']:>6} 步  损失 {row['loss']:.4f}")
    return chosen


def accounting(rows: list[dict]) -> list[dict]:
    """每种大小：6N、数全了的每词元 FLOP、两者的比。"""
    sizes = sorted({(row["d_model"], row["num_layers"], row["N"]) for row in rows}, key=lambda size: size[2])
    table = []
    for d_model, num_layers, N in sizes:
        counted = flops_per_token(d_model, num_layers)
        row = {"N": N, "d_model": d_model, "num_layers": num_layers, "six_n": 6 * N, "counted": counted}
        table.append(row | {"ratio": counted / (6 * N)})
    return table


def summarise(rows: list[dict], resamples: int, seed: int) -> dict:
    """谷底、指数与区间、曲面；另用数全了的 FLOP 当 C，指数变成多少。"""
    found = isoflop.valleys(rows)
    low, high = isoflop.exponent_interval(rows, resamples, seed)
    good = [valley for valley in found if valley["N_opt"]]
    overheads = {row["N"]: row["ratio"] for row in accounting(rows)}
    sizes = sorted(overheads)

    def overhead(N: float) -> float:  # 谷底不在试过的大小上：在 log N 上插值
        return float(np.interp(np.log(N), np.log(sizes), [overheads[size] for size in sizes]))

    result = {"valleys": found, "a": isoflop.exponent(rows), "a_low": low, "a_high": high}
    if len(good) > 1:
        real = [valley["budget"] * overhead(valley["N_opt"]) for valley in good]
        result["a_counted"] = isoflop.fit_power(real, [valley["N_opt"] for valley in good])[0]
        result["b_counted"] = isoflop.fit_power(real, [valley["D_opt"] for valley in good])[0]
    result["surface"] = isoflop.fit_surface(rows)
    return {key: None if value != value else value for key, value in result.items()}  # JSON 里没有 nan


def main(argv=None) -> dict:
    parser = Parser(__doc__)
    common_options(parser, script=__file__)
    parser.add_argument("--full", action="store_true", help="6 个预算到 1e13，约 35 分钟；不加是 3 个小预算")
    parser.add_argument("--budgets", type=positive_int, metavar="K", help="只跑最小的 K 个预算；默认全跑")
    args = parser.parse_args(argv)
    if args.smoke and args.full:
        raise UserError("--smoke 与 --full 不能同时用；留一个")
    if pick_device(args.device).type != "cpu":
        print("只在 cpu 上训练：模型太小，搬到 GPU 上只会更慢")
    torch.set_num_threads(1)
    name = "smoke" if args.smoke else "full" if args.full else "quick"
    plan, out = PLANS[name].smallest(args.budgets), output_dir(args.out / name)
    data = load_corpus(out, plan.corpus_bytes)
    print(f"计划 {name}：{len(plan.runs())} 个模型，预算 {[f'{C:.0e}' for C in plan.budgets]}，cpu，float32，一个线程")
    print(f"语料：文档字符串，训练 {len(data[0]):,} 字节，验证 {len(data[1]):,} 字节，摘要 {data[2]}")
    rows = sweep(plan, data, out, args.seed)
    summary = summarise(rows, 20 if args.smoke else 2000, args.seed)
    for valley in summary["valleys"]:
        best = f"N_opt = {valley['N_opt']:,.0f}" if valley["N_opt"] else "没有谷底"
        print(f"  C={valley['budget']:.0e}  {best}" + ("" if valley["inside"] else "（在试过的大小之外）"))
    a, low, high = (text_of(summary[key]) for key in ("a", "a_low", "a_high"))
    print(f"  N_opt ∝ C^a：a = {a}，95 % 区间 {low} 到 {high}")
    settings = {"plan": {"context": CONTEXT, "batch": BATCH, "corpus_bytes": plan.corpus_bytes, "sha256": data[2]}}
    totals = {"runs": len(rows), "cpu_minutes": sum(row["cpu_seconds"] for row in rows) / 60}
    return emit_result({**settings, **totals, "rows": rows, "accounting": accounting(rows), **summary})


if __name__ == "__main__":
    run(main)
