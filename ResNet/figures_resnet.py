"""笔记 5 的图：刚初始化的网络里的梯度与激活、退化实验的误差曲线、Grad-CAM。

怎么跑：`python ResNet/figures_resnet.py`（约 15 秒，写进 ResNet/figures/）；`--smoke` 只训练 1 轮。
前两张画的是 ResNet/results/ 里记录的结果（没有记录的那张不画）；Grad-CAM 的网络当场训练。
图内文字用英文：不依赖机器上有没有中文字体。
"""

import json
from pathlib import Path

import torch
from matplotlib.figure import Figure

from book import Parser, common_options, emit_result, output_dir, run, save_figure
from ResNet.data import load_dataset
from ResNet.gradcam import draw_maps, grad_cam
from ResNet.pitfalls import Trial, train
from ResNet.report import draw_curves

HERE = Path(__file__).parent
COLOURS = {"plain": "tab:red", "resnet": "tab:blue"}


def read_record(name: str) -> dict | None:
    """ResNet/results/ 里一次记录的 metrics；还没有这次记录就是 None。"""
    path = HERE / "results" / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8"))["metrics"] if path.is_file() else None


def draw_signal(metrics: dict, path: Path) -> None:
    """左：逐层的梯度；中：逐块的标准差；右：第一层的梯度随深度。"""
    figure = Figure(figsize=(10.5, 3.2), layout="constrained")
    left, middle, right = figure.subplots(1, 3)
    for name, profile in metrics["profiles"].items():
        colour = COLOURS[name.rstrip("0123456789")]
        left.semilogy(range(1, len(profile["gradients"]) + 1), profile["gradients"], color=colour, label=name)
        middle.plot(range(1, len(profile["spread"]) + 1), profile["spread"], color=colour, label=name)
    left.set(xlabel="layer", title="gradient norm of the layer's weight")
    middle.set(xlabel="block", title="standard deviation of the output")
    for kind, colour in COLOURS.items():
        for zero_init, style in ((False, "o-"), (True, "o--")):
            rows = [row for row in metrics["signal"] if (row["kind"], row["zero_init"]) == (kind, zero_init)]
            label = kind + (", zero init" if zero_init else "")
            if rows:
                depths = [row["depth"] for row in rows]
                right.semilogy(depths, [row["first_gradient"] for row in rows], style, color=colour, label=label)
    right.set(xlabel="depth", title="gradient norm of the first layer")
    for axis in (left, middle, right):
        axis.grid(alpha=0.3)
        axis.legend(fontsize=8)
        axis.title.set_fontsize(9)
    save_figure(figure, path)


def draw_gradcam(path: Path, epochs: int) -> None:
    """现训练一个 ResNet-20，给前 8 张测试图画热力图；取 layer2：layer3 只剩 2x2，太粗。"""
    data = load_dataset("digits")
    trial = Trial(n=3, epochs=epochs)
    model = train(trial, data.train_images, data.train_labels, data.normalize, seed=0)
    pixels = data.test_images[:8]
    inputs = data.normalize(pixels)
    with torch.no_grad():
        best = model(inputs).softmax(dim=1).max(dim=1)
    maps = grad_cam(model, inputs, best.indices, layer="layer2")
    titles = [f"{data.classes[i]} {p:.1%}" for i, p in zip(best.indices.tolist(), best.values.tolist())]
    draw_maps(path, pixels, maps, titles)


def main(argv=None) -> dict:
    parser = Parser(__doc__)
    common_options(parser, script=__file__)
    parser.set_defaults(out=HERE / "figures")
    args = parser.parse_args(argv)
    out, epochs = output_dir(args.out), 1 if args.smoke else 8
    torch.set_num_threads(1)
    signal, degradation = read_record("5_resnet"), read_record("degradation")
    figures = {
        "5_signal": signal and (lambda path: draw_signal(signal, path)),
        "5_degradation": degradation and (lambda path: draw_curves(degradation["curves"], path, key="error")),
        "5_gradcam": lambda path: draw_gradcam(path, epochs),
    }
    drawn = [name for name, draw in figures.items() if draw]
    for name, draw in figures.items():
        if draw:
            draw(out / f"{name}.png")
        print(f"{name}.png" if draw else f"{name}.png 没有画：results/ 里没有它的记录")
    return emit_result({"figures": len(drawn)})


if __name__ == "__main__":
    run(main)
