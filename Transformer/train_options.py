"""`train.py` 的选项：没有给出的超参数取任务的默认配方。

对应笔记：`5_training.md`；默认值见 `recipes.py`。
"""

from dataclasses import fields

from book import Parser, positive_int
from Transformer.recipes import Recipe, recipe_for

SMOKE = {"d_model": 32, "num_layers": 1, "d_ff": 64, "epochs": 2, "max_tokens": 256, "average": 1}


def add_training_options(parser: Parser) -> None:
    """超参数，与怎样训练。"""
    group = parser.add_argument_group("超参数（默认值见 python Transformer/recipes.py）")
    for name, kind, text in (
        ("d-model", positive_int, "词向量与隐藏状态的宽度"),
        ("num-heads", positive_int, "注意力的头数，要整除 --d-model"),
        ("num-layers", positive_int, "编码器与解码器各几层"),
        ("d-ff", positive_int, "前馈网络中间的宽度"),
        ("dropout", float, "0 表示不用"),
        ("norm", str, "pre 或 post"),
        ("positions", str, "sinusoidal、learned 或 none"),
        ("epochs", positive_int, "训练集过几遍"),
        ("max-tokens", positive_int, "一批补齐后两边合计最多几个词元"),
        ("schedule", str, "cosine 或 noam"),
        ("lr", float, "学习率的峰值"),
        ("warmup", positive_int, "预热几步"),
        ("weight-decay", float, "权重衰减，0 表示不用"),
        ("label-smoothing", float, "标签平滑，0 表示不用"),
        ("clip", float, "梯度的总长度的上限，0 表示不裁"),
        ("average", positive_int, "最后几轮的权重取平均，1 表示不平均"),
        ("precision", str, "fp32、bf16（混合精度）或 auto（硬件有 bf16 指令就用 bf16）"),
    ):
        metavar = {positive_int: "N", float: "X", str: "NAME"}[kind]
        group.add_argument(f"--{name}", type=kind, metavar=metavar, help=text)
    parser.add_argument("--beam", type=positive_int, default=1, metavar="N", help="测试时束搜索的宽度，默认 1（贪心）")
    parser.add_argument("--quick", action="store_true", help="比默认更短，数字仍有意义（make tour 用）")
    parser.add_argument("--full", action="store_true", help="完整训练：multi30k 为 30 轮")
    parser.add_argument("--resume", action="store_true", help="从 --out 里的 last.safetensors 接着训")
    parser.add_argument(
        "--save-every", type=positive_int, default=500, metavar="N", help="每几步存一次检查点，默认 500"
    )


def recipe_from(args, default_out) -> Recipe:
    """选项 -> 配方；冒烟的另有一份小的，默认写在 default_out/smoke：别盖掉训好的模型。"""
    names = {f.name for f in fields(Recipe)} - {"task"}
    overrides = {name: value for name, value in vars(args).items() if name in names and value is not None}
    if args.smoke:
        overrides = SMOKE | overrides
        args.out = default_out / "smoke" if args.out == default_out else args.out
    return recipe_for(args.task, args.full, args.quick, **overrides)
