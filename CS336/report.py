"""训练报告：评估、训练前后的样本、曲线图、成品的存档。

教什么：一次训练该报哪些数；MFU 怎样算。
怎么跑：被 `run.py` 使用；`python CS336/report.py --smoke` 画一张假数据的图（3 秒）。
对应笔记：`workflow.md`。
"""

import time
from dataclasses import asdict
from pathlib import Path

import torch

from book import Parser, common_options, emit_result, output_dir, run, save_figure, save_state, seeded, write_logs
from CS336.config import Config
from CS336.corpora import END, PROMPTS
from CS336.evaluation import scores
from CS336.prepare import Prepared
from CS336.progress import CHAPTER, Progress
from CS336.speed import matmul_peak
from CS336.Transformer.generate import generate
from CS336.Transformer.model import count_parameters


def write_sample(model, tokenizer, prompt: str, seed: int, tokens: int = 80) -> str:
    """接着 prompt 写一段；同样的权重与种子写出同样的字。"""
    end = tokenizer.encode(END)[0]
    generator = seeded(seed, "sample")
    ids = generate(model, tokenizer.encode(prompt), tokens, 0.8, top_p=0.95, eos_id=end, generator=generator)
    return prompt + tokenizer.decode([i for i in ids if i != end])


def draw_curves(history: list[dict], path: Path) -> None:
    """左：训练与验证损失；右：学习率。"""
    from matplotlib.figure import Figure  # 不用 pyplot：没有屏幕的机器也能画

    figure = Figure(figsize=(8, 3.4), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=[2, 1])
    steps = [row["step"] for row in history]
    left.plot(steps, [row["train_loss"] for row in history], ".--", label="train")
    left.plot(steps, [row["val_loss"] for row in history], ".-", label="validation")
    left.set(xlabel="step", ylabel="loss (nat per token)")
    left.grid(alpha=0.3)
    left.legend()
    right.plot(steps, [row["lr"] for row in history], ".-")
    right.set(xlabel="step", ylabel="learning rate")
    right.grid(alpha=0.3)
    save_figure(figure, path)


def report(model, config: Config, data: Prepared, device, progress: Progress, out: Path, started: float) -> dict:
    """评估、写样本、画图、存成品，返回 RESULT。"""
    loss = progress.history[-1]["val_loss"]
    sample = write_sample(model, data.tokenizer, PROMPTS[config.corpus], config.seed)
    print(f"训练之前写的：{progress.first_sample!r}\n训练之后写的：\n{sample}")
    state = {"chapter": CHAPTER, "config": asdict(config), "vocab_size": data.vocab_size, "model": model.state_dict()}
    save_state(out / "model.safetensors", state)
    speed = config.batch_size * config.context_length * progress.step / progress.seconds
    peak = matmul_peak(device, torch.bfloat16 if config.precision == "bf16" else torch.float32)
    result = {
        "corpus": config.corpus,
        "parameters": count_parameters(model),
        "vocab_size": data.vocab_size,
        "steps": progress.step,
        "precision": config.precision,
        "train_loss": progress.history[-1]["train_loss"],
        "val_loss": loss,
        **scores(loss, len(data.valid), data.characters, data.bytes),
        "characters_per_token": data.characters / len(data.valid),
        "epochs": progress.step * config.batch_size * config.context_length / len(data.train),
        "tokens_per_second": speed,
        "peak_flops": peak,
        "mfu": config.flops_per_step(data.vocab_size) * progress.step / progress.seconds / peak,
        "train_seconds": round(progress.seconds, 1),
        "seconds": round(time.perf_counter() - started, 1),
        "checkpoint": str(out / "model.safetensors"),
        "sample_before": progress.first_sample,
        "sample": sample,
        **data.seconds,
    }
    draw_curves(progress.history, out / "curves.png")
    write_logs(progress.history, {**result, "config": asdict(config)}, out)
    return result


def main(argv=None) -> dict:
    """画一张假数据的图（3 秒）。"""
    parser = Parser(__doc__)
    common_options(parser, __file__)
    out = output_dir(parser.parse_args(argv).out)
    history = [{"step": s, "lr": 1e-3, "train_loss": 6 * 0.9**s, "val_loss": 6 * 0.91**s} for s in range(10)]
    draw_curves(history, out / "curves.png")
    return emit_result({"points": len(history)})


if __name__ == "__main__":
    run(main)
