"""缩放实验的学习率怎么定：几种大小，峰值学习率各试三个，看哪个损失低。

教什么：比较不同大小的模型之前，每个大小的学习率都要先调过，不然比的是谁的学习率凑巧合适。
不教什么：缩放实验本身（`scaling_laws.py`）。
怎么跑：`python CS336/Outlook/learning_rates.py`（一个线程约 2 分钟），`--smoke`（约 10 秒）。
对应笔记：`outlook.md` 第 4 部分。
"""

import torch

from book import Parser, common_options, emit_result, output_dir, pick_device, run
from CS336.Outlook.scaling_laws import PLANS, load_corpus, train_one

# (预算, 宽, 层)
MODELS = ((1e11, 16, 2), (1e11, 32, 2), (3e11, 64, 2), (1e12, 128, 3))
FACTORS = (0.5, 1, 2)  # 默认峰值的几倍


def main(argv=None) -> dict:
    parser = Parser(__doc__)
    common_options(parser, script=__file__)
    args = parser.parse_args(argv)
    pick_device(args.device)
    torch.set_num_threads(1)
    plan, out = PLANS["smoke" if args.smoke else "quick"], output_dir(args.out)
    models = [(1e9, 16, 1)] if args.smoke else MODELS
    data, rows = load_corpus(out, plan.corpus_bytes), []
    print(f"{len(models)} 种大小，峰值各试 {len(FACTORS)} 个，cpu，float32，一个线程，种子 {args.seed}，摘要 {data[2]}")
    for C, d_model, num_layers in models:
        found = [train_one(C, d_model, num_layers, data, plan, args.seed, factor) for factor in FACTORS]
        best = min(found, key=lambda row: row["loss"])
        losses = {f"loss_{factor:g}": row["loss"] for factor, row in zip(FACTORS, found)}
        rows.append({"budget": C, "d_model": d_model, "N": best["N"], "steps": best["steps"], **losses})
        rows[-1] |= {"best_lr": best["lr"], "default_lr": found[FACTORS.index(1)]["lr"]}
        print("  " + "  ".join(f"{key} {value:.4g}" for key, value in rows[-1].items()), flush=True)
    return emit_result({"learning_rates": rows})


if __name__ == "__main__":
    run(main)
