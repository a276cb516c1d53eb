"""一个准确率里有多少是运气：换切分、换种子，把 digits 的默认训练重做几遍。

教什么：测试集只有 360 张，差 1 张就是 0.28 个百分点；两个配方的差别要与这个起伏比。
        切分的运气与种子的运气分开量：同一种切分换种子，同一个种子换切分。
不教什么：显著性检验（`pitfalls.py` 用成对的差）。
怎么跑：
  python ResNet/splits.py            2 种切分 x 2 个种子，两核约 2 分钟
  python ResNet/splits.py --full     5 种切分 x 3 个种子，两核约 7 分钟
  python ResNet/splits.py --smoke    10 秒内跑通
对应笔记：`5_resnet.md` 的实验一节。
"""

import contextlib
import io
import statistics

from tqdm import tqdm

from book import Parser, common_options, emit_result, output_dir, run
from ResNet import train


def accuracy_of(split_seed: int, seed: int, args) -> float:
    """用默认配方训练一次，返回测试准确率。"""
    argv = ["--split-seed", str(split_seed), "--seed", str(seed), "--device", args.device, "--eval-every", "100"]
    argv += ["--out", str(args.out / f"split{split_seed}_seed{seed}")]
    argv += ["--smoke", "--epochs", "1"] if args.smoke else []
    with contextlib.redirect_stdout(io.StringIO()):  # 每次训练的配置与 RESULT 行：这里只要一个数
        return train.main(argv)["test_acc"]


def spread(table: list[list[float]]) -> dict:
    """table[i][j] 是第 i 种切分、第 j 个种子。返回均值、范围，与两种标准差。

    >>> spread([[0.9, 0.9], [1.0, 1.0]])["by_seed"], round(spread([[0.9, 0.9], [1.0, 1.0]])["by_split"], 4)
    (0.0, 0.0707)
    """
    flat = [accuracy for row in table for accuracy in row]
    return {
        "mean": statistics.mean(flat),
        "low": min(flat),
        "high": max(flat),
        "by_seed": statistics.mean(statistics.stdev(row) for row in table),  # 切分不变，只换种子
        "by_split": statistics.mean(statistics.stdev(column) for column in zip(*table)),  # 种子不变，只换切分
    }


def main(argv=None) -> dict:
    parser = Parser(__doc__)
    parser.add_argument("--full", action="store_true", help="5 种切分 x 3 个种子（默认 2 x 2）")
    common_options(parser, __file__)
    args = parser.parse_args(argv)
    output_dir(args.out)
    splits, seeds = (5, 3) if args.full else (2, 2)
    runs = [(i, args.seed + j) for i in range(splits) for j in range(seeds)]
    accuracies = [accuracy_of(*run_seeds, args) for run_seeds in tqdm(runs, desc="重做", unit="次", disable=None)]
    table = [accuracies[i * seeds : (i + 1) * seeds] for i in range(splits)]
    for i, row in enumerate(table):
        print(f"切分 {i}：" + "  ".join(f"{accuracy:.4f}" for accuracy in row))
    rows = [
        {"split": i, **{f"seed{args.seed + j}": accuracy for j, accuracy in enumerate(row)}}
        for i, row in enumerate(table)
    ]
    return emit_result({"runs": len(runs), **spread(table), "rows": rows})


if __name__ == "__main__":
    run(main)
