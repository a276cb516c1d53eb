"""反例：Transformer 里七种常见的错，各训练一次，看训练损失骗不骗人、完全匹配率掉多少。

教什么：有些错损失照样降，只有测试能抓住；每种错由哪个测试抓住。
不教什么：消融（`ablations.py`：去掉一样东西，不是写错）。
怎么跑：
  python Transformer/pitfalls.py           每种 1 个种子，两核约 6 分钟
  python Transformer/pitfalls.py --full    每种 3 个种子，两核约 18 分钟
  python Transformer/pitfalls.py --smoke   10 秒内跑通
对应笔记：各篇的「常见错误」。
"""

import statistics

from tqdm import tqdm

from book import Parser, common_options, emit_result, run
from Transformer import wrong_parts
from Transformer.short_run import SMOKE, Size, short_run

LOSS_TEST = "test_logits_at_real_places_give_the_same_loss_as_ignoring_padding"
# 名字 -> (short_run 的改动, 抓住它的测试)
PITFALLS = {
    "correct": ({}, ""),
    "mask_after_softmax": (
        {"change": wrong_parts.mask_after_softmax},
        "test_weights_are_a_distribution_over_the_visible_keys",
    ),
    "no_root": ({"change": wrong_parts.no_root}, "test_attention_equals_torch"),
    "wrong_norm": ({"change": wrong_parts.wrong_norm}, "test_layer_norm_puts_eps_inside_the_root"),
    "not_shifted": (
        {"loss_of": wrong_parts.not_shifted},
        LOSS_TEST,
    ),
    "padding_counted": (
        {"loss_of": wrong_parts.padding_counted},
        LOSS_TEST,
    ),
    "same_sequence": (
        {"loss_of": wrong_parts.same_sequence},
        LOSS_TEST,
    ),
}


def summary(runs: list[dict]) -> dict:
    """几个种子的中位数与范围。"""
    scores = [r["exact_match"] for r in runs]
    loss = statistics.median(r["train_loss"] for r in runs)
    return {"train_loss": loss, "exact_match": statistics.median(scores), "low": min(scores), "high": max(scores)}


def main(argv=None) -> dict:
    parser = Parser(__doc__)
    parser.add_argument("--full", action="store_true", help="每种 3 个种子，默认 1 个")
    common_options(parser, __file__)
    args = parser.parse_args(argv)
    size, seeds = SMOKE if args.smoke else Size(), range(args.seed, args.seed + (3 if args.full else 1))
    rows = []
    for name, (options, caught_by) in tqdm(PITFALLS.items(), desc="反例", disable=None):
        row = {"pitfall": name, **summary([short_run(size, seed, **options) for seed in seeds]), "caught_by": caught_by}
        tqdm.write(f"{name:20s} 训练损失 {row['train_loss']:.3f}  完全匹配 {row['exact_match']:.3f}")
        rows.append(row)
    return emit_result({"rows": rows, "seeds": len(seeds), "steps": size.steps})


if __name__ == "__main__":
    run(main)
