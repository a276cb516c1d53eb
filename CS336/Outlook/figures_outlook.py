"""展望的四张图：注意力的内存、S 曲线、并行与单进程的差、IsoFLOP 的谷底。

怎么跑：`python CS336/Outlook/figures_outlook.py`（约 5 秒，写进 CS336/Outlook/figures/）。
画的都是 CS336/Outlook/results/ 里记录的结果。
图内文字用英文：不依赖机器上有没有中文字体。
"""

import json
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from book import Parser, common_options, emit_result, output_dir, run, save_figure
from CS336.Outlook.minhash import candidate_probability

HERE = Path(__file__).parent


def recorded(name: str) -> dict:
    """CS336/Outlook/results/ 里一次记录的 metrics。"""
    return json.loads((HERE / "results" / f"{name}.json").read_text(encoding="utf-8"))["metrics"]


def memory() -> Figure:
    """左：峰值内存随 T；右：CPU 时间之比随块长。"""
    metrics = recorded("flash_attention")
    figure = Figure(figsize=(9.5, 3.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    lengths = [row["T"] for row in metrics["memory"]]
    for name, style in (("plain", "s-"), ("tiled", "o-")):
        left.loglog(lengths, [row[f"{name}_mb"] for row in metrics["memory"]], style, base=2, label=name)
    left.loglog(
        lengths, [row["table_mb"] for row in metrics["memory"]], ":", color="0.5", base=2, label="one T x T table"
    )
    left.set(xlabel="sequence length T", ylabel="peak MiB, forward + backward")
    left.legend(fontsize=8)
    rows = metrics["time"]
    for kind, style in (("full", "s-"), ("causal", "o-")):
        values = np.array([[row[f"{kind}{part}"] for part in ("", "_low", "_high")] for row in rows]).T
        errors = np.abs(values[1:] - values[0])
        right.errorbar(range(len(rows)), values[0], errors, fmt=style, capsize=3, label=kind)
    right.axhline(1, color="0.6", ls=":")
    right.set_xticks(range(len(rows)), [row["block"] for row in rows])
    right.set(xlabel="block size (torch: its fused kernel)", ylabel="CPU time / plain attention", yscale="log")
    right.legend(fontsize=8)
    return figure


def s_curves() -> Figure:
    """成为候选的概率：线是理论，点是实测与两倍标准误差。"""
    metrics = recorded("deduplication")
    figure = Figure(figsize=(6, 3.6), layout="constrained")
    axes, s = figure.subplots(), np.linspace(0, 1, 200)
    for i, bands in enumerate((32, 16, 8)):
        rows = metrics["hashes"] // bands
        axes.plot(s, candidate_probability(s, bands, rows), f"C{i}-", label=f"b = {bands}, r = {rows}")
        measured = np.array([[row["s"], row[f"measured_{bands}"]] for row in metrics["curve"]])
        spread = 2 * np.sqrt(measured[:, 1] * (1 - measured[:, 1]) / metrics["curve_pairs"])
        axes.errorbar(*measured.T, spread, fmt=f"C{i}o", ms=4, capsize=3)
    axes.axvline(metrics["threshold"], color="0.6", ls=":")
    axes.set(xlabel="Jaccard similarity", ylabel="share that become candidates")
    axes.legend(fontsize=8)
    return figure


def parallel_gaps() -> Figure:
    """每一步之后，两个进程与一个进程的参数之差的均方根。"""
    metrics = recorded("distributed")
    figure = Figure(figsize=(6, 3.6), layout="constrained")
    axes = figure.subplots()
    for i, dtype in enumerate(("float32", "float64")):
        for name, style in (("data_parallel", "-"), ("zero", "--"), ("library", ":")):
            curve = metrics[dtype][name]["curve"]
            axes.semilogy(range(1, len(curve) + 1), curve, f"C{i}{style}", label=f"{dtype}, {name.replace('_', ' ')}")
    axes.set(xlabel="step", ylabel="RMS difference of the parameters")
    axes.legend(fontsize=8)
    return figure


def isoflop() -> Figure:
    """左：每个预算的损失对 N 与抛物线，星是谷底；右：谷底对预算。"""
    metrics = recorded("scaling_laws")
    figure = Figure(figsize=(9.5, 3.8), layout="constrained")
    left, right = figure.subplots(1, 2)
    found = [valley for valley in metrics["valleys"] if valley["N_opt"]]
    for i, valley in enumerate(found):
        rows = [row for row in metrics["rows"] if row["budget"] == valley["budget"]]
        sizes = np.array([row["N"] for row in rows])
        line = np.geomspace(sizes.min(), sizes.max(), 50)
        left.semilogx(sizes, [row["loss"] for row in rows], f"C{i}o", label=f"C = {valley['budget']:.0e}")
        left.semilogx(line, np.polyval(valley["curve"], np.log10(line)), f"C{i}-", lw=1)
        left.plot(valley["N_opt"], valley["loss"], f"C{i}*", ms=12)
    left.set(xlabel="parameters N (without embedding)", ylabel="validation loss (nat per byte)")
    left.legend(fontsize=8)
    budgets, best = (np.array([valley[key] for valley in found]) for key in ("budget", "N_opt"))
    right.loglog(budgets, best, "k*", ms=10)
    center = np.exp(np.log(budgets).mean()), np.exp(np.log(best).mean())
    label = f"a = {metrics['a']:.2f} ({metrics['a_low']:.2f} to {metrics['a_high']:.2f})"
    right.loglog(budgets, center[1] * (budgets / center[0]) ** metrics["a"], "C3-", label=label)
    right.loglog(budgets, center[1] * (budgets / center[0]) ** 0.5, ":", color="0.5", label="a = 0.5")
    right.xaxis.set_minor_formatter(NullFormatter())  # 不到两个数量级时，小刻度的字会挤在一起
    right.set(xlabel="budget C = 6ND (FLOP)", ylabel="best N")
    right.legend(fontsize=8)
    return figure


FIGURES = {"flash_attention": memory, "s_curves": s_curves, "distributed": parallel_gaps, "scaling_laws": isoflop}


def main(argv=None) -> dict:
    parser = Parser(__doc__)
    common_options(parser, script=__file__)
    parser.set_defaults(out=HERE / "figures")
    out = output_dir(parser.parse_args(argv).out)
    for name, draw in FIGURES.items():
        save_figure(draw(), out / f"{name}.png")
        print(f"已画 {name}.png")
    return emit_result({"figures": len(FIGURES)})


if __name__ == "__main__":
    run(main)
