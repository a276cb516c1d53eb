"""消融：去掉或换掉一样东西，各训练一次，看完全匹配率变多少。

教什么：√D、位置、残差、归一化的次序、头数、标签平滑、共享词向量，在小模型上各值多少。
不教什么：大模型上的结论：这里只有 64 维、两层、1200 步。
怎么跑：
  python Transformer/ablations.py           每种 1 个种子，两核约 12 分钟
  python Transformer/ablations.py --full    每种 3 个种子，两核约 35 分钟
  python Transformer/ablations.py --smoke   10 秒内跑通
对应笔记：`5_training.md` 的实验一节。
"""

from tqdm import tqdm

from book import Parser, common_options, emit_result, run
from Transformer import wrong_parts
from Transformer.pitfalls import summary
from Transformer.short_run import SMOKE, Size, short_run

ABLATIONS = {
    "baseline": {},
    "no sqrt(D)": {"change": wrong_parts.no_root},
    "no positions": {"positions": "none"},
    "learned positions": {"positions": "learned"},
    "no residual": {"change": wrong_parts.no_residual},
    "post-norm": {"norm": "post"},
    "post-norm, no warmup": {"norm": "post", "warmup": 1},
    "pre-norm, no warmup": {"warmup": 1},
    "1 head": {"num_heads": 1},
    "2 heads": {"num_heads": 2},
    "8 heads": {"num_heads": 8},
    "label smoothing 0.1": {"smoothing": 0.1},
    "untied embeddings": {"tie_embeddings": False},
}


def main(argv=None) -> dict:
    parser = Parser(__doc__)
    parser.add_argument("--full", action="store_true", help="每种 3 个种子，默认 1 个")
    common_options(parser, __file__)
    args = parser.parse_args(argv)
    size, seeds = SMOKE if args.smoke else Size(), range(args.seed, args.seed + (3 if args.full else 1))
    rows = []
    for name, options in tqdm(ABLATIONS.items(), desc="消融", disable=None):
        row = {"ablation": name, **summary([short_run(size, seed, **options) for seed in seeds])}
        tqdm.write(f"{name:22s} 训练损失 {row['train_loss']:.3f}  完全匹配 {row['exact_match']:.3f}")
        rows.append(row)
    return emit_result({"rows": rows, "seeds": len(seeds), "steps": size.steps})


if __name__ == "__main__":
    run(main)
