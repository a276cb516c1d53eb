"""课程的实验，缩到两核 CPU：学习率、批的大小、归一化、位置、前馈、词表，各跑三个种子。

教什么：一次只改一处；同样的词数下比每字符比特；几个种子才看得出差别是不是运气。
不教什么：怎样训练（`run.py`）。
怎么跑：
  python CS336/experiments.py                  归一化、位置、前馈，一个种子，各 300 步（两核约 2 分钟）
  python CS336/experiments.py --full           全部，三个种子，各 600 步（一个线程约 25 分钟；中断了再跑，做过的不重做）
  python CS336/experiments.py --only lr --full
对应笔记：`workflow.md`。
"""

import json
import math
import statistics
from dataclasses import asdict, replace
from pathlib import Path

from tqdm import tqdm

from book import (
    Parser,
    atomic_write,
    common_options,
    emit_result,
    has_fast_bf16,
    output_dir,
    pick_device,
    run,
    seed_everything,
)
from CS336.config import Config, build_model, config_for
from CS336.corpora import Corpus, load_corpus
from CS336.evaluation import mean_loss, scores
from CS336.prepare import Prepared, prepare
from CS336.run import build_optimizer, train_step
from CS336.Transformer.model import count_parameters

TOKENS = 12  # 基准的批：一步 12 段
BASE = {"context_length": 64, "batch_size": TOKENS, "steps": 600, "warmup": 30}
# 组 -> 变体 -> 与基准不同的设定；批变大时步数变少，词数不变
GROUPS: dict[str, dict[str, dict]] = {
    "lr": {f"{lr:g}": {"lr": lr, "min_lr": round(lr / 10, 8)} for lr in (3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1)},
    "batch": {str(size): {"batch_size": size, "steps": BASE["steps"] * TOKENS // size} for size in (3, 6, 12, 24, 48)},
    "norm": {name: {"norm": name} for name in ("pre", "post", "none")},
    "position": {"rope": {}, "none": {"rope_theta": 0.0}},
    "ffn": {name: {"ffn": name} for name in ("swiglu", "silu")},
    "vocab": {str(size): {"vocab_size": size} for size in (257, 512, 1024, 2048, 4096)},
}
DEFAULT_GROUPS = ("norm", "position", "ffn")


def train_variant(config: Config, data: Prepared, device) -> dict:
    """训练一个变体，返回验证集上的分数；损失不再是有限的数就停，记作发散。"""
    seed_everything(config.seed)
    model = build_model(config, data.vocab_size, device)
    optimizer, losses = build_optimizer(model, config), []
    for step in tqdm(range(config.steps), desc="训练", unit="步", leave=False, disable=None):
        losses.append(train_step(model, optimizer, config, data.train, step, device).item())
        if not math.isfinite(losses[-1]):
            break
    loss = mean_loss(model, data.valid, config.context_length, device, config.precision)
    diverged = not math.isfinite(loss)
    # 发散的记成瞎猜：每个字节 8 比特
    bits = 8.0 if diverged else scores(loss, len(data.valid), data.characters, data.bytes)["bits_per_char"]
    return {
        "bits_per_char": bits,
        "val_loss": None if diverged else loss,
        "diverged": diverged,
        "parameters": count_parameters(model),
    }


def key_of(config: Config) -> str:
    """设定完全相同的只训练一次：各组都有基准。"""
    return json.dumps(asdict(config), sort_keys=True)


class Finished:
    """做完的变体，一行一个，存在 rows.jsonl；再跑一次时跳过。"""

    def __init__(self, path: Path, corpus: Corpus):
        self.path, self.corpus, self.rows = path, corpus.fingerprint, {}
        if path.is_file():
            rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
            self.rows = {row["key"]: row for row in rows if row["corpus"] == self.corpus}

    def add(self, key: str, scores: dict) -> None:
        self.rows[key] = {"key": key, "corpus": self.corpus, **scores}
        atomic_write(self.path, "".join(json.dumps(row) + "\n" for row in self.rows.values()).encode())


def summarise(group: str, variant: str, results: list[dict]) -> dict:
    """几个种子 -> 一行。"""
    bits = [row["bits_per_char"] for row in results]
    return {
        "group": group,
        "variant": variant,
        "bits_per_char": statistics.mean(bits),
        "spread": max(bits) - min(bits),
        "values": bits,
        "val_loss": None
        if any(row["diverged"] for row in results)
        else statistics.mean(row["val_loss"] for row in results),
        "diverged": sum(row["diverged"] for row in results),
        "parameters": results[0]["parameters"],
    }


def options(argv):
    parser = Parser(__doc__)
    parser.add_argument("--only", choices=GROUPS, help="只做一组，默认 norm、position、ffn；--full 时默认全部")
    parser.add_argument("--full", action="store_true", help="三个种子，各 600 步")
    common_options(parser, __file__)
    return parser.parse_args(argv)


def main(argv=None) -> dict:
    args = options(argv)
    device, out = pick_device(args.device), output_dir(args.out)
    base = config_for("docs", precision="bf16" if has_fast_bf16(device) else "fp32", **BASE)
    groups = [args.only] if args.only else list(GROUPS) if args.full else DEFAULT_GROUPS
    seeds = range(args.seed, args.seed + (3 if args.full else 1))
    corpus, prepared, rows = load_corpus("docs"), {}, []
    if args.smoke:
        corpus = replace(corpus, train=corpus.train[:3], valid=corpus.valid[:1])
        base = replace(base, steps=2, d_model=16, num_layers=1, num_heads=2, context_length=16, precision="fp32")
    elif not args.full:
        base = replace(base, steps=300)
    finished = Finished(out / "rows.jsonl", corpus)
    print(f"基准：{asdict(base)}，设备 {device}")
    for group in groups:
        for variant, changes in GROUPS[group].items():
            steps = changes.get("steps", BASE["steps"]) * base.steps // BASE["steps"]
            config = replace(base, **changes | {"steps": max(1, steps)})
            if config.vocab_size not in prepared:
                prepared[config.vocab_size] = prepare(corpus, config, out / f"data{config.vocab_size}")
            results = []
            for seed in seeds:
                key = key_of(seeded := replace(config, seed=seed))
                if key not in finished.rows:
                    finished.add(key, train_variant(seeded, prepared[config.vocab_size], device))
                results.append(finished.rows[key])
            rows.append(summarise(group, variant, results))
            print("{group:9s} {variant:7s} {bits_per_char:.3f} 比特每字符（极差 {spread:.3f}）".format(**rows[-1]))
    return emit_result({"rows": rows, "seeds": len(seeds), "steps": base.steps, "precision": base.precision})


if __name__ == "__main__":
    run(main)
