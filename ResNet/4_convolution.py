"""卷积、池化、BatchNorm、感受野：手写的与 torch 比较，再用 LeNet 识别手写数字。

教什么：每个零件等于 torch 到什么精度；感受野怎样用梯度量出来；平移等变在哪里破；BatchNorm 的四种用错法各损失多少。
不教什么：残差网络（下一篇）、速度（`bench.py`）。
怎么跑：`python ResNet/4_convolution.py`（约 1 分钟），`--smoke`（约 4 秒）。
对应笔记：`4_convolution.md`。
"""

import statistics

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from tqdm import tqdm

from book import Parser, common_options, emit_result, output_dir, pick_device, run, save_state
from ResNet import layers
from ResNet.data import load_dataset
from ResNet.lenet import LeNet
from ResNet.loader import epoch_order
from ResNet.optimizers import SGD, one_cycle

BATCH = 64


def gap(a: Tensor, b: Tensor) -> float:
    """最大绝对误差。"""
    return (a - b).abs().max().item()


def part_convolution(generator: torch.Generator) -> dict:
    """同一组输入：循环版、im2col 版与 F.conv2d 差多少。"""
    worst = {"conv_loops_gap": 0.0, "conv_im2col_gap": 0.0}
    for stride, padding, dilation, groups in ((1, 0, 1, 1), (2, 1, 1, 1), (1, 2, 2, 2), (3, 3, 2, 4)):
        x = torch.randn(2, 8, 11, 9, generator=generator)
        weight = torch.randn(12, 8 // groups, 3, 3, generator=generator)
        bias = torch.randn(12, generator=generator)
        arguments = (x, weight, bias, stride, padding, dilation, groups)
        expected = F.conv2d(*arguments)
        worst["conv_loops_gap"] = max(worst["conv_loops_gap"], gap(layers.conv2d_loops(*arguments), expected))
        worst["conv_im2col_gap"] = max(worst["conv_im2col_gap"], gap(layers.conv2d(*arguments), expected))
    return worst


def part_batch_norm(generator: torch.Generator) -> dict:
    """训练三批再推理：输出、滑动统计量、梯度（自动的与闭式的）与 nn.BatchNorm2d 的差。"""
    ours, reference = layers.BatchNorm2d(6), nn.BatchNorm2d(6)
    results = {"bn_train_gap": 0.0}
    for _ in range(3):
        x = 3 + 2 * torch.randn(8, 6, 5, 5, generator=generator)
        results["bn_train_gap"] = max(results["bn_train_gap"], gap(ours(x), reference(x)))
    results["bn_running_var_gap"] = gap(ours.running_var, reference.running_var)
    results["bn_eval_gap"] = gap(ours.eval()(x), reference.eval()(x))
    x.requires_grad_()
    upstream = torch.randn(x.shape, generator=generator)
    (reference.train()(x) * upstream).sum().backward()
    closed = layers.batch_norm_backward(upstream, x.detach(), reference.weight.detach())[0]
    return results | {"bn_backward_gap": gap(closed, x.grad)}


def part_bias(generator: torch.Generator) -> dict:
    """BatchNorm 前的卷积偏置：梯度为零，加多少都不改变输出。"""
    conv, bn = nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8)
    x = torch.randn(4, 3, 8, 8, generator=generator)
    before = bn(conv(x))
    before.square().mul(torch.randn(before.shape, generator=generator)).sum().backward()
    bias_gradient = conv.bias.grad.abs().max().item() / conv.weight.grad.abs().max().item()
    with torch.no_grad():
        conv.bias.add_(10)
    return {"bias_gradient_relative": bias_gradient, "bias_shift_gap": gap(bn(conv(x)), before)}


def measured_field(model: nn.Sequential, size: int) -> Tensor:
    """最后一层正中那个数对输入的梯度：(size, size)，非零的地方就是它看得见的像素。"""
    x = torch.ones(1, 1, size, size, requires_grad=True)
    out = model(x)  # (1, 1, size, size) -> (1, C, h, w)
    out[0, :, out.shape[2] // 2, out.shape[3] // 2].sum().backward()
    return x.grad[0, 0].abs()


def positive_lenet_features(depth: int) -> nn.Sequential:
    """LeNet 前 depth 层的同构网络：权重全为正、平均池化、没有激活，梯度不会因抵消或截断变成零。"""
    features = LeNet(image_size=32).features
    kept = [m for m in features if not isinstance(m, nn.ReLU)][:depth]
    kept = [nn.AvgPool2d(2) if isinstance(m, nn.MaxPool2d) else m for m in kept]
    for m in kept:
        if isinstance(m, nn.Conv2d):
            nn.init.constant_(m.weight, 1 / m.weight[0].numel())
    return nn.Sequential(*kept)


def part_receptive_field() -> dict:
    """公式算的感受野与梯度量出来的边长。"""
    formula = [size for size, _ in layers.receptive_field([(5, 1), (2, 2), (5, 1), (2, 2), (5, 1)])]
    measured = [int((measured_field(positive_lenet_features(depth), 32) > 0).any(dim=0).sum()) for depth in range(1, 6)]
    return {"field_formula": formula, "field_measured": measured}


@torch.no_grad()
def shift_difference(x: Tensor, conv: nn.Module, shift: int, out_shift: int) -> Tensor:
    """|先移后卷 - 先卷后移|：等变就处处为零。移动是环形的，沿宽度方向。"""
    return (conv(x.roll(shift, dims=3)) - conv(x).roll(out_shift, dims=3)).abs()


def part_equivariance(generator: torch.Generator) -> dict:
    """平移等变：环形补边处处相等；补零只坏在边上；步幅 2 移 1 格就不等。"""
    x = torch.randn(1, 1, 12, 12, generator=generator)
    circular = nn.Conv2d(1, 4, 3, padding=1, padding_mode="circular")
    strided = nn.Conv2d(1, 4, 3, stride=2, padding=1, padding_mode="circular")
    zeros = shift_difference(x, nn.Conv2d(1, 4, 3, padding=1), 1, 1)
    return {
        "shift_gap_circular": shift_difference(x, circular, 1, 1).max().item(),
        "shift_gap_zeros_inside": zeros[..., 2:-1].max().item(),
        "shift_gap_zeros_border": zeros.max().item(),
        "shift_gap_stride2_by_2": shift_difference(x, strided, 2, 1).max().item(),
        "shift_gap_stride2_by_1": shift_difference(x, strided, 1, 0).max().item(),
    }


def train_lenet(model: nn.Module, data, *, epochs: int, peak: float, seed: int) -> nn.Module:
    """SGD 动量 0.9，OneCycle 学习率；训练完停在 train 模式。"""
    images, labels = data
    optimizer = SGD(model.parameters(), peak, momentum=0.9, weight_decay=5e-4)
    steps = epochs * (len(images) // BATCH)
    model.train()
    for step in range(steps):
        epoch, position = divmod(step, len(images) // BATCH)
        rows = epoch_order(seed, epoch, len(images))[position * BATCH : (position + 1) * BATCH]
        optimizer.lr = one_cycle(step, steps, peak)
        optimizer.zero_grad()
        F.cross_entropy(model(images[rows]), labels[rows]).backward()
        optimizer.step()
    return model


@torch.no_grad()
def accuracy(model: nn.Module, data, batch: int = 360) -> float:
    """不改变模型的模式：要 eval 的由调用者 eval。"""
    images, labels = data
    predicted = torch.cat([model(x).argmax(dim=1) for x in images.split(batch)])
    return round((predicted == labels).float().mean().item(), 6)


def build(seed: int, device, **options) -> LeNet:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return LeNet(image_size=8, **options).to(device)


def part_lenet(train, test, seeds: list[int], epochs: int, out) -> dict:
    """LeNet 的三种写法在 digits 上的测试准确率（几个种子的中位数）；第一个存成检查点。"""
    results = {"seeds": len(seeds)}
    variants = {"test_acc": {}, "test_acc_classic": {"classic": True}, "test_acc_bn": {"batch_norm": True}}
    for name, options in tqdm(variants.items(), desc="LeNet", leave=False, disable=None):
        models = [build(seed, train[0].device, **options) for seed in seeds]
        for model, seed in zip(models, seeds):
            train_lenet(model, train, epochs=epochs, peak=0.1, seed=seed).eval()
        runs = [accuracy(model, test) for model in models]
        results |= {name: statistics.median(runs), f"{name}_range": [min(runs), max(runs)]}
        if name == "test_acc":
            save_state(out / "lenet.safetensors", {"model_name": "lenet", "model": models[0].state_dict()})
            results["parameters"] = sum(p.numel() for p in models[0].parameters())
    return results


def part_bn_pitfalls(train, test, seed: int, epochs: int) -> dict:
    """BatchNorm 用错：忘了 eval；批次按类排好；momentum 太小。折叠则不损失。"""
    model = train_lenet(build(seed, train[0].device, batch_norm=True), train, epochs=epochs, peak=0.1, seed=seed)
    by_class = test[1].argsort(stable=True)
    ordered = test[0][by_class], test[1][by_class]
    results = {"eval_acc": accuracy(model.eval(), ordered, 36)}
    conv, bn = model.features[0], model.features[1]
    results["fold_gap"] = gap(layers.fold_bn(conv, bn)(test[0]), bn(conv(test[0])))
    start = {name: value.clone() for name, value in model.state_dict().items()}
    for name, batch in (("train_mode_acc_batch_360", 360), ("train_mode_acc_batch_36_sorted", 36)):
        model.load_state_dict(start)
        results[name] = accuracy(model.train(), ordered, batch)
    results["eval_acc_after_train_mode"] = accuracy(model.eval(), ordered)  # 上面的前向还改了滑动统计量
    slow = build(seed, train[0].device, batch_norm=True)
    for module in slow.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = 0.001  # 新值的权重太小：440 步之后，滑动统计量还有 64 % 是初始值
    results["eval_acc_tiny_momentum"] = accuracy(
        train_lenet(slow, train, epochs=epochs, peak=0.1, seed=seed).eval(), ordered
    )
    return results


def part_sweep(train, test, seed: int, epochs: int) -> dict:
    """学习率从 0.001 到 3，有无 BatchNorm：能用的范围差多少。"""
    rows = []
    for peak in (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0):
        row = {"lr": peak}
        for name, batch_norm in (("plain", False), ("bn", True)):
            model = build(seed, train[0].device, batch_norm=batch_norm)
            row[name] = accuracy(train_lenet(model, train, epochs=epochs, peak=peak, seed=seed).eval(), test)
        rows.append(row)
    return {"sweep": rows}


def main(argv=None) -> dict:
    parser = Parser(__doc__)
    common_options(parser, script=__file__)
    parser.add_argument("--epochs", type=int, default=20, metavar="N", help="LeNet 的训练轮数，默认 20")
    args = parser.parse_args(argv)
    device, out = pick_device(args.device), output_dir(args.out)
    torch.set_num_threads(1)  # 张量很小，多线程只添等待；而且求和的次序、从而结果，都不再随核数变
    epochs, sweep_epochs = (1, 1) if args.smoke else (args.epochs, 5)
    seeds = [args.seed] if args.smoke else [args.seed + i for i in range(8)]
    torch.manual_seed(args.seed)
    generator = torch.Generator().manual_seed(args.seed)
    digits = load_dataset("digits")
    train = digits.normalize(digits.train_images).to(device), digits.train_labels.to(device)
    test = digits.normalize(digits.test_images).to(device), digits.test_labels.to(device)
    print(f"数据 digits {len(train[0])}/{len(test[0])}，模型 LeNet 8x8，{device}，float32，{epochs} 轮")
    results = {}
    parts = [
        lambda: part_convolution(generator),
        lambda: part_batch_norm(generator),
        lambda: part_bias(generator),
        part_receptive_field,
        lambda: part_equivariance(generator),
        lambda: part_lenet(train, test, seeds, epochs, out),
        lambda: part_bn_pitfalls(train, test, args.seed, epochs),
        lambda: part_sweep(train, test, args.seed, sweep_epochs),
    ]
    for part in parts:
        for name, value in part().items():
            results[name] = value
            print(f"  {name:32s} {value if isinstance(value, list) else f'{value:.6g}'}")
    return emit_result(results)


if __name__ == "__main__":
    run(main)
