"""一次试验：一种方法、一个学习率、一个种子；训练、数对了几题、量内存与遗忘，写成一个 JSON。

教什么：除了方法与学习率，别的都相同（同样的行、同样的批、同样的步数），比较才公平。
不教什么：试哪些组合（`compare.py`）。
不是脚本。对应笔记：`8_compare.md`。
"""

import hashlib
import json
import math
import multiprocessing
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

import torch
from tqdm import tqdm

from book import atomic_write, seed_everything, seeded
from TrainAndFinetune.methods import METHODS, trainable
from TrainAndFinetune.task import make_rows, measures, score
from TrainAndFinetune.tuning import Example, answer_loss, collate, encode_example, length_batches, render
from TrainAndFinetune.tuning.chat import IGNORE
from TrainAndFinetune.tuning.settings import freeze_as_stored

SEEN = 10_000  # 训练集的问法、另一个种子：没见过的题，见过的问法


@dataclass(frozen=True)
class Trial:
    """一次试验的全部设定；它的哈希就是结果文件的名字。"""

    base: str  # small 或 gemma
    method: str
    lr: float
    seed: int = 0
    options: tuple = ()  # 交给方法的，如 (("init", "random"),)
    train_rows: int = 1500
    dev_rows: int = 300
    test_rows: int = 400
    epochs: int = 1
    tokens_per_batch: int = 256  # 含填充；约 4 题
    warmup: float = 0.1  # 预热占几成
    clip: float = 1.0
    precision: str = "fp32"  # 矩阵乘法的精度；训练的权重总是 float32

    @property
    def bf16(self) -> bool:
        return self.precision == "bf16"

    @property
    def key(self) -> str:
        """文件名：看得懂的部分加哈希。"""
        digest = hashlib.sha256(json.dumps(asdict(self)).encode()).hexdigest()[:10]
        return f"{self.base}-{self.method}-{self.lr:g}-{self.seed}-{digest}"


@cache
def load(base: str):
    """冻结前的基座与分词器；每次试验重新加载，免得上一次留下什么。"""
    if base == "small":
        from TrainAndFinetune.small import load_small

        return load_small()
    from TrainAndFinetune.base import load_base

    return load_base()


def fresh(base: str):
    """一个没动过的模型与它的分词器。"""
    load.cache_clear()
    return load(base)


@cache
def encoded(base: str, split: str, n: int, seed: int) -> tuple[list, list]:
    """(行, 编好的例子)。"""
    tokenizer, rows = load(base)[1], make_rows(split, n, seed)
    return rows, [encode_example(tokenizer, row["messages"]) for row in rows]


def prepare(model, trial: Trial, tokenizer):
    """装上方法；前缀与软提示从几行训练数据的词开始，除非 options 里说随机。"""
    options = dict(trial.options)
    if trial.method in ("prefix", "prompt") and options.get("init") != "random":
        text = "".join(render(row["messages"]) for row in make_rows("train", 8))
        options["init_ids"] = torch.tensor(tokenizer(text, add_special_tokens=False).input_ids)
    if trial.method not in ("full", "norms", "ia3"):
        options["seed"] = trial.seed
    model = METHODS[trial.method](model, **options)
    if trial.bf16 and trial.base == "gemma":
        freeze_as_stored(model)
    return model


def rate(trial: Trial, step: int, steps: int) -> float:
    """线性预热，线性降到 0。"""
    warm = max(1, round(trial.warmup * steps))
    return trial.lr * min((step + 1) / warm, (steps - step) / max(1, steps - warm))


def batches(trial: Trial, examples: list, pad_id: int, device: torch.device) -> Iterator[dict]:
    """每轮重新打乱的批；次序只由种子决定，各种方法看到的完全一样。"""
    for epoch in range(trial.epochs):
        generator = seeded(trial.seed, "epoch", epoch)
        for batch in length_batches(examples, trial.tokens_per_batch, generator):
            yield on_device(collate(batch, pad_id), device)


def on_device(batch: dict, device: torch.device) -> dict:
    return {key: value.to(device) for key, value in batch.items()}


def train(model, trial: Trial, examples: list, pad_id: int) -> dict:
    """训练循环；返回损失、每步的毫秒、内存。"""
    weights = list(trainable(model).values())
    optimizer = torch.optim.AdamW(weights, lr=trial.lr, weight_decay=0.0, fused=True)
    plan = list(batches(trial, examples, pad_id, model.device))
    losses, seconds = [], []

    def step(batch: dict, lr: float) -> float:
        for group in optimizer.param_groups:
            group["lr"] = lr
        with torch.autocast(model.device.type, torch.bfloat16, enabled=trial.bf16):
            loss, _ = answer_loss(model, batch)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(weights, trial.clip)
        optimizer.step()
        return loss.item()

    memory = measures.peak_bytes(model, lambda: step(plan[0], 0.0))  # 学习率 0：只建状态，不动权重
    for state in optimizer.state.values():  # 刚才那两步不算数
        for value in state.values():
            value.zero_()
    model.train()
    quiet = True if multiprocessing.parent_process() else None  # 几个进程的进度条会叠在一起
    for i, batch in enumerate(tqdm(plan, desc=trial.key, unit="步", leave=False, disable=quiet)):
        started = time.perf_counter()
        losses.append(step(batch, rate(trial, i, len(plan))))
        seconds.append(time.perf_counter() - started)
        if not math.isfinite(losses[-1]):
            break
    model.eval()
    return {
        "steps": len(plan),
        "loss": losses[-1] if math.isfinite(losses[-1]) else None,
        "loss_curve": [round(sum(losses[i : i + 5]) / len(losses[i : i + 5]), 4) for i in range(0, len(losses), 5)],
        "step_ms": 1000 * sorted(seconds)[len(seconds) // 2],
        "peak_bytes": memory,
        "optimizer_bytes": measures.optimizer_bytes(optimizer),
    }


def grade(model, tokenizer, examples: list, bf16: bool, size: int = 50) -> dict:
    """贪心写得一字不差的题数；错的里面，有几题错在意图；答案每个词元的平均损失。"""
    right = intent = 0
    nats = tokens = 0.0
    for i in range(0, len(examples), size):
        part = examples[i : i + size]
        batch = on_device(collate(part, tokenizer.pad_token_id), model.device)
        first_errors, loss, count = measures.first_errors(model, batch, bf16)
        nats, tokens = nats + loss * count, tokens + count
        for example, first in zip(part, first_errors.tolist()):
            answer = [label for label in example.labels if label != IGNORE]
            right += first < 0
            # {"意图":"…" 里有四个引号：第四个之前（含）就错了，错的是意图
            intent += first >= 0 and tokenizer.decode(answer[:first]).count('"') < 4
    low, high = measures.wilson(right, len(examples))
    counts = {"right": right, "total": len(examples), "intent_errors": intent}
    rates = {"accuracy": right / len(examples), "low": low, "high": high, "intent_accuracy": 1 - intent / len(examples)}
    return {**counts, **rates, "eval_loss": nats / tokens}


def samples(model, tokenizer, rows: list, bf16: bool, count: int) -> list[dict]:
    """前 count 题真的写一遍。"""
    written = []
    for row in rows[:count]:
        prompt = render(row["messages"][:1], add_generation_prompt=True)
        text = measures.write(model, tokenizer, prompt, bf16=bf16)
        question, gold = (message["content"] for message in row["messages"])
        written.append({"question": question, "gold": gold, "answer": text, "right": score(text, row)})
    return written


def few_shot(tokenizer, row: dict, shots: list) -> Example:
    """先给几对例子再问；标签只留最后一个答案。"""
    example = encode_example(tokenizer, [m for shot in shots for m in shot["messages"]] + row["messages"])
    start = max(i for i, label in enumerate(example.labels) if label == IGNORE) + 1
    return Example(example.ids, [IGNORE] * start + example.labels[start:])


def run_base(trial: Trial, device: torch.device, shown: int) -> dict:
    """不训练：基座直接答，提示里先给 options 里 shots 个例子。"""
    model, tokenizer = fresh(trial.base)
    model.to(device)
    rows = make_rows("test", trial.test_rows)
    shots = make_rows("train", dict(trial.options)["shots"])
    report = grade(model, tokenizer, [few_shot(tokenizer, row, shots) for row in rows], trial.bf16, size=10)
    written = samples(model, tokenizer, rows, trial.bf16, shown)
    return {"trial": asdict(trial), "test": report, "samples": written}


@cache
def perplexities_before(base: str, texts: tuple, bf16: bool, device: torch.device) -> dict[str, float | None]:
    """没训练过的基座的困惑度：每次试验都一样，一个进程里只算一次。"""
    model, tokenizer = load(base)
    return perplexities(model.to(device), tokenizer, dict(texts), bf16)


def perplexities(model, tokenizer, texts: dict[str, str], bf16: bool) -> dict[str, float | None]:
    """几段文字的困惑度；发散了是 None。"""
    found = {name: measures.perplexity(model, tokenizer, text, bf16) for name, text in texts.items()}
    return {name: value if math.isfinite(value) else None for name, value in found.items()}


def run_trial(trial: Trial, texts: dict[str, str], device: torch.device, shown: int = 3) -> dict:
    """跑一次，返回要存的结果：开发集（挑学习率只看它）、测试集、问法见过的新题、无关的文字。"""
    seed_everything(trial.seed)
    started = time.perf_counter()
    if trial.method == "base":
        return run_base(trial, device, shown)
    examples = encoded(trial.base, "train", trial.train_rows, 0)[1]
    model, tokenizer = fresh(trial.base)
    model.to(device)
    before = perplexities_before(trial.base, tuple(texts.items()), trial.bf16, device)
    report = {"trial": asdict(trial), "before": before}
    model = prepare(model, trial, tokenizer)
    report["trainable"] = sum(p.numel() for p in trainable(model).values())
    report |= train(model, trial, examples, tokenizer.pad_token_id)
    sets = {
        "dev": ("dev", trial.dev_rows, 0),
        "test": ("test", trial.test_rows, 0),
        "seen": ("train", trial.test_rows // 2, SEEN),
    }
    for name, (split, n, seed) in sets.items():
        report[name] = grade(model, tokenizer, encoded(trial.base, split, n, seed)[1], trial.bf16)
    report["after"] = perplexities(model, tokenizer, texts, trial.bf16)
    report["disk_bytes"] = measures.disk_bytes(model)
    rows = encoded(trial.base, "test", trial.test_rows, 0)[0]
    report["samples"] = samples(model, tokenizer, rows, trial.bf16, shown)
    report["seconds"] = time.perf_counter() - started  # 连评估
    return report


def finished(trial: Trial, out: Path, texts: dict[str, str], device: torch.device, shown: int = 3) -> dict:
    """做过就读，没做过就跑完再原子地写：中途被杀，丢的只是正在跑的这一次。"""
    path = out / "runs" / f"{trial.key}.json"
    if path.is_file():
        return json.loads(path.read_text(encoding="utf-8"))
    result = run_trial(trial, texts, device, shown)
    atomic_write(path, json.dumps(result, ensure_ascii=False).encode())
    return result
