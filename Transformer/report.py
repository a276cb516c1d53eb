"""训练报告：曲线图与测试分数。

教什么：完全匹配率与 BLEU 各量什么；BLEU 为什么要连同签名一起报。
不教什么：BLEU 的定义（Papineni et al. 2002）。
怎么跑：被 `train.py` 使用；`python Transformer/report.py --smoke` 画一张假数据的图（3 秒）。
对应笔记：`5_training.md`。
"""

from pathlib import Path

from book import Parser, UserError, common_options, emit_result, output_dir, run, save_figure


def exact_match(outputs: list[str], references: list[str]) -> float:
    """与答案一字不差的比例。

    >>> exact_match(["15:30", "15:31"], ["15:30", "15:30"])
    0.5
    """
    return sum(a == b for a, b in zip(outputs, references)) / len(references)


def bleu(outputs: list[str], references: list[str]) -> dict:
    """sacreBLEU 的分数（0 到 100）与签名：签名记着分词与平滑的方式，不同签名的分数不能比。"""
    try:
        from sacrebleu.metrics import BLEU
    except ImportError:
        raise UserError('算 BLEU 要 sacrebleu 包；先 pip install -e ".[transformer]"') from None
    metric = BLEU()
    score = metric.corpus_score(outputs, [references]).score
    return {"bleu": score, "signature": str(metric.get_signature())}


def score(translation: bool, outputs: list[str], references: list[str]) -> dict:
    """翻译任务报 BLEU，标准形式报完全匹配率。"""
    outputs, references = list(outputs), list(references)
    return bleu(outputs, references) if translation else {"exact_match": exact_match(outputs, references)}


def draw_curves(histories: dict[str, list[dict]], path: Path) -> None:
    """每次训练两条曲线：训练损失（虚线，带标签平滑）与验证损失（实线）。"""
    from matplotlib.figure import Figure  # 不用 pyplot：没有屏幕的机器也能画

    figure = Figure(figsize=(6.4, 4), layout="constrained")
    axes = figure.subplots()
    for i, (name, history) in enumerate(histories.items()):
        epochs = [row["epoch"] for row in history]
        for part, style in (("train", "--"), ("valid", "-")):
            losses = [row[f"{part}_loss"] for row in history]
            axes.plot(epochs, losses, style, marker=".", color=f"C{i}", label=f"{name} {part}")
    axes.set(xlabel="epoch", ylabel="loss (nat per token)")
    axes.grid(alpha=0.3)
    axes.legend()
    save_figure(figure, path)


def main(argv=None) -> dict:
    parser = Parser(__doc__)
    common_options(parser, __file__)
    out = output_dir(parser.parse_args(argv).out)
    history = [{"epoch": e, "train_loss": 2 * 0.5**e + 1, "valid_loss": 2 * 0.6**e} for e in range(1, 6)]
    draw_curves({"demo": history}, out / "curves.png")
    return emit_result({"exact_match": exact_match(["a", "b"], ["a", "c"])})


if __name__ == "__main__":
    run(main)
