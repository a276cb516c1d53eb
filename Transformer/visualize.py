"""看注意力：译文的每个词在看源句的哪里，画成热力图。

教什么：交叉注意力就是对齐；不同的头看不同的东西。
不教什么：注意力能不能当解释用（见笔记第 7 节的参考）。
怎么跑：
  python Transformer/visualize.py                     自带的一句，两核约 5 秒
  python Transformer/visualize.py 下午差五分八点      你的句子
  python Transformer/visualize.py --smoke             10 秒内跑通
没有 --checkpoint 时用 outputs/ 里本章最新的；一个都没有就现训练一个冒烟用的。
对应笔记：`7_attention_maps.md`。
"""

from pathlib import Path

import torch
from torch import Tensor

from book import Parser, common_options, emit_result, output_dir, pick_device, run, save_figure, seed_everything
from Transformer.translate import SAMPLES
from Transformer.translator import find_translator

FONTS = ["Noto Sans CJK SC", "Source Han Sans SC", "WenQuanYi Micro Hei", "PingFang SC", "Microsoft YaHei", "SimHei"]


def has_chinese_font() -> bool:
    """matplotlib 找得到中文字体吗：没有就会画成方框。"""
    from matplotlib import font_manager

    return bool({font.name for font in font_manager.fontManager.ttflist} & set(FONTS))


def readable(labels: list[str]) -> list[str]:
    """没有中文字体时，中文的词元写成 U+ 编码的最后几位，至少分得清。"""
    if has_chinese_font():
        return labels
    return [text if text.isascii() else " ".join(f"{ord(c):X}" for c in text) for text in labels]


def draw(maps: dict[str, Tensor], columns: list[str], rows: list[str], path: Path) -> None:
    """每张 (T, S) 的权重一格热力图：一行是一步要写出的词，一列是源句的一个词。"""
    import matplotlib
    from matplotlib.figure import Figure

    turn = 0 if has_chinese_font() else 90  # U+ 编码横着写会互相压住
    height, width = 0.8 + 0.22 * len(rows), 0.8 + 0.22 * len(columns)
    with matplotlib.rc_context({"font.sans-serif": [*FONTS, "DejaVu Sans"]}):
        figure = Figure(figsize=(width * len(maps), height + 0.4), layout="constrained")
        for axes, (title, weights) in zip(figure.subplots(1, len(maps), squeeze=False)[0], maps.items()):
            axes.imshow(weights.numpy(), cmap="Blues", vmin=0, vmax=1)
            axes.set_xticks(range(len(columns)), readable(columns), fontsize=8, rotation=turn)
            axes.set_yticks(range(len(rows)), readable(rows), fontsize=8)
            axes.set_title(title, fontsize=9)
        save_figure(figure, path)


def sharpness(weights: Tensor) -> float:
    """每步最大的权重的平均：1 是每步只看一个词，1/S 是平均地看。"""
    return weights.max(dim=-1).values.mean().item()


def main(argv=None) -> dict:
    parser = Parser(__doc__)
    parser.add_argument("text", nargs="?", metavar="TEXT", help="要看的句子；不给就用自带的")
    parser.add_argument("--checkpoint", type=Path, metavar="FILE", help="默认 outputs/ 里本章最新的")
    common_options(parser, __file__)
    args = parser.parse_args(argv)
    seed_everything(args.seed)
    out = output_dir(args.out)
    translator = find_translator(args.checkpoint, pick_device(args.device), out, args.seed)
    text = SAMPLES.get(translator.task, ["a"])[0] if args.text is None else args.text
    ids = translator.hypotheses(text)[0].ids[:40]
    columns, rows = translator.labels(text, ids)
    weights = translator.attention(text, ids)
    print(f"检查点 {translator.path}\n{text}  ->  {translator.target.decode(ids)}")
    for name, heads in weights.items():
        print(f"  {name:28s} 每个头最大权重的平均：" + " ".join(f"{sharpness(head):.2f}" for head in heads))
    last = max(name for name in weights if "cross" in name)
    maps = {"average": weights[last].mean(0)} | {f"head {h}": head for h, head in enumerate(weights[last][:4])}
    draw(maps, columns, rows, out / "alignment.png")
    print(f"图 {out / 'alignment.png'}（{last}）")
    rows_sum = torch.stack([heads.sum(-1).sub(1).abs().max() for heads in weights.values()]).max().item()
    return emit_result(
        {"output": translator.target.decode(ids), "sharpness": sharpness(maps["average"]), "row_sum_error": rows_sum}
    )


if __name__ == "__main__":
    run(main)
