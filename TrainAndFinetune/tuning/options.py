"""`finetune.py` 的命令行选项；每个的默认值与意思。

教什么：微调的命令行有哪些旋钮。不教什么：它们各起什么作用（`settings.py`）。
不是脚本，由 `finetune.py` 导入。对应笔记：`4_full.md`。
"""

from pathlib import Path

from book import Parser, positive_int
from TrainAndFinetune.tuning.settings import METHODS, Settings


def add_finetune_options(parser: Parser) -> None:
    """加上公共选项以外的全部选项。"""
    defaults = Settings()
    parser.add_argument(
        "--model", default="small", metavar="M", help="small（随书）、gemma（2.7 亿参数），或一个模型文件夹；默认 small"
    )
    parser.add_argument("--data", type=Path, metavar="FILE", help="训练的 JSONL；默认是随书的任务")
    parser.add_argument("--dev", type=Path, metavar="FILE", help="验证的 JSONL；默认从 --data 里留一成")
    parser.add_argument("--rows", type=positive_int, default=1500, metavar="N", help="随书的任务用几行训练，默认 1500")
    parser.add_argument("--graded", type=positive_int, default=200, metavar="N", help="写几道验证题来评分，默认 200")
    parser.add_argument("--method", default="full", choices=METHODS, help="默认 full，全参数")
    parser.add_argument(
        "--set", action="append", default=[], metavar="名字=值", help="方法的选项，可以写几个，如 --set rank=16"
    )
    parser.add_argument("--lr", type=float, default=0.0, help="峰值学习率；0 是照方法与模型的默认值")
    parser.add_argument("--epochs", type=positive_int, default=defaults.epochs, metavar="N", help="默认 %(default)s")
    parser.add_argument("--steps", type=positive_int, default=0, metavar="N", help="总步数；0 是由 --epochs 算")
    parser.add_argument(
        "--tokens-per-batch", type=positive_int, default=defaults.tokens_per_batch, metavar="N", help="默认 %(default)s"
    )
    parser.add_argument(
        "--max-length", type=positive_int, default=defaults.max_length, metavar="N", help="默认 %(default)s 个词元"
    )
    parser.add_argument(
        "--warmup", type=float, default=defaults.warmup, help="预热占总步数的几成，默认 %(default)s；0 是不预热"
    )
    parser.add_argument("--clip", type=float, default=defaults.clip, help="梯度范数的上限，默认 %(default)s；0 是不裁")
    parser.add_argument("--weight-decay", type=float, default=0.0, help="默认 0，不衰减")
    parser.add_argument("--precision", default="auto", choices=["auto", "fp32", "bf16"], help="auto：快的机器才用 bf16")
    parser.add_argument("--pack", action="store_true", help="一行拼几条对话，不填充")
    parser.add_argument("--checkpointing", action="store_true", help="梯度检查点：少存激活，多算一遍前向")
    parser.add_argument("--parallel", default="ddp", choices=["ddp", "fsdp"], help="torchrun 下怎样分，默认 ddp")
    parser.add_argument("--resume", action="store_true", help="从 --out 里的 last.ckpt 接着训")
    parser.add_argument("--eval-every", type=positive_int, default=50, metavar="N", help="每几步评估并存一次，默认 50")
    parser.add_argument("--quick", action="store_true", help="更短，数字仍有意义（make tour 用）")
