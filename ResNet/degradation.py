"""退化实验：没有捷径时，更深的网络连训练集都学得更差（论文图 6 的缩小版）。

教什么：plain-20、plain-56 与 ResNet-20、ResNet-56 用同样的配方训练，比较训练误差的曲线。
不教什么：为什么（见笔记第 5 节）；更长的训练。
怎么跑：
  python ResNet/degradation.py                 digits，每个网络 8 轮，两核约 2 分钟
  python ResNet/degradation.py --smoke         10 秒内跑通
  python ResNet/degradation.py --full --dataset cifar10 --download     每个网络 10 轮，可续，两核约 40 分钟
                                               （CPU 没有 bf16 指令时约 4 小时，加 --image-size 16 约 1 小时）
对应笔记：`5_resnet.md`。
"""

import json

from book import Parser, common_options, emit_result, output_dir, run
from ResNet import train
from ResNet.data import add_data_options
from ResNet.report import draw_curves

NETWORKS = ("plain20", "plain56", "resnet20", "resnet56")


def train_one(name: str, epochs: int, args) -> dict:
    """训练一个网络（已有检查点就接着训），返回它的 log.json。"""
    out = args.out / name
    argv = ["--model", name, "--epochs", str(epochs), "--out", str(out), "--seed", str(args.seed)]
    argv += ["--dataset", args.dataset, "--split-seed", str(args.split_seed), "--device", args.device]
    argv += ["--data", str(args.data)] if args.data else []
    argv += ["--image-size", str(args.image_size)] if args.image_size else []
    argv += ["--download"] if args.download else []
    argv += ["--resume"] if args.resume and (out / "last.safetensors").is_file() else []
    train.main(argv)
    return json.loads((out / "log.json").read_text(encoding="utf-8"))


def errors(history: list[dict]) -> list[dict]:
    """每轮的训练误差与测试误差（1 - 准确率）。"""
    return [
        {"epoch": row["epoch"], "train_error": 1 - row["train_acc"], "test_error": 1 - row["test_acc"]}
        for row in history
    ]


def main(argv=None) -> dict:
    parser = Parser(__doc__)
    add_data_options(parser)
    parser.add_argument("--full", action="store_true", help="每个网络 10 轮（默认 8 轮）")
    parser.add_argument("--resume", action="store_true", help="接着上次中断的地方")
    common_options(parser, __file__)
    args = parser.parse_args(argv)
    output_dir(args.out)
    epochs = 1 if args.smoke else 10 if args.full else 8
    logs = {name: train_one(name, epochs, args) for name in NETWORKS}
    curves = {name: errors(log["history"]) for name, log in logs.items()}
    draw_curves(curves, args.out / "degradation.png", key="error")
    rows = [
        {"model": name, "train_error": curve[-1]["train_error"], "test_error": curve[-1]["test_error"],
         "seconds": logs[name]["seconds"]}
        for name, curve in curves.items()
    ]  # fmt: skip
    for row in rows:
        print(f"{row['model']:10s} 训练误差 {row['train_error']:.4f}，测试误差 {row['test_error']:.4f}")
    return emit_result({"dataset": logs["plain20"]["dataset"], "epochs": epochs, "rows": rows, "curves": curves})


if __name__ == "__main__":
    run(main)
