"""ResNet：笔记 5 的实验。

教什么：捷径怎样改变刚初始化的网络（每层的梯度、每块输出的大小）；零初始化的残差块就是 relu(捷径)；
        每个模型的参数量、计算量与形状；训练好之后拿掉一块会怎样。
不教什么：长训练（`train.py`、`degradation.py`）、计时（`bench.py`）、Grad-CAM（`gradcam.py`）。
怎么跑：`python ResNet/5_resnet.py`（约半分钟），`--smoke`（约 10 秒）。
对应笔记：`5_resnet.md`。
"""

import copy
import statistics

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from tqdm import tqdm

from book import Parser, common_options, emit_result, pick_device, run
from ResNet.data import Dataset, load_dataset
from ResNet.pitfalls import Trial, accuracy, train
from ResNet.resnet import MODELS, BasicBlock, Bottleneck, CifarResNet, PlainBlock, count_parameters, resnet20, resnet50

KINDS = {"plain": PlainBlock, "resnet": BasicBlock}
LR = 0.1  # 论文 4.2 节的学习率

# ---------------------------------------------------------------- 形状与计算量


def image_size(model: nn.Module) -> int:
    """论文里的输入边长：ImageNet 版 224，CIFAR 版 32。"""
    return 32 if isinstance(model, CifarResNet) else 224


def stage_rows(model: nn.Module, images: Tensor) -> list[dict]:
    """一批图走过每个子模块：输出的形状、参数量、每张图的乘加次数（只数卷积与线性层）。

    >>> rows = stage_rows(resnet20(), torch.zeros(1, 3, 32, 32))
    >>> rows[0]
    {'name': 'conv1', 'shape': (1, 16, 32, 32), 'parameters': 432, 'macs': 442368}
    """
    rows, macs = [], [0]

    def count(module, inputs, output):
        places = output[0, 0].numel() if isinstance(module, nn.Conv2d) else 1  # 权重在 H'·W' 个位置各用一次
        macs[0] += module.weight.numel() * places

    def close(name):
        def record(module, inputs, output):
            rows.append(
                {"name": name, "shape": tuple(output.shape), "parameters": count_parameters(module), "macs": macs[0]}
            )
            macs[0] = 0

        return record

    layers = [m for m in model.modules() if isinstance(m, (nn.Conv2d, nn.Linear))]
    handles = [m.register_forward_hook(count) for m in layers]
    handles += [m.register_forward_hook(close(name)) for name, m in model.named_children()]  # 子模块之内的先触发
    model(images)
    for handle in handles:
        handle.remove()
    return rows


def part_sizes() -> dict:
    """每个模型的深度、参数量、一张图的乘加次数。"""
    rows = []
    for name, build in MODELS.items():
        with torch.device("meta"):  # 只有形状，没有数：152 层也是一瞬间
            model = build().eval()
            stages = stage_rows(model, torch.zeros(1, 3, image_size(model), image_size(model)))
        macs = sum(row["macs"] for row in stages)
        rows.append({"model": name, "image": image_size(model), "parameters": count_parameters(model), "macs": macs})
    return {"sizes": rows}


# ---------------------------------------------------------------- 刚初始化的网络


def signal(kind: str, depth: int, images: Tensor, labels: Tensor, seed: int, zero_init: bool = False) -> dict:
    """一个没训练过的网络做两步朴素的 SGD：损失、每块输出的标准差、每个 3x3 卷积的梯度长度（都是第一步之前的），

    和两步各把第一层的权重改动了几倍（步长除以权重的长度）。
    """
    torch.manual_seed(seed)  # 同一个种子：两种网络的权重相同，只差捷径
    model = CifarResNet(KINDS[kind], (depth - 2) // 6, in_channels=images.shape[1], zero_init_residual=zero_init)
    model, spread, found = model.to(images.device), [], {"relative_steps": []}
    blocks = [m for m in model.modules() if isinstance(m, BasicBlock)]
    for block in blocks:
        block.register_forward_hook(lambda module, inputs, output: spread.append(output.std().item()))
    convs = [m.weight for m in model.modules() if isinstance(m, nn.Conv2d)]
    for step in range(2):
        model.zero_grad()
        loss = F.cross_entropy(model(images), labels)
        loss.backward()
        gradients = [weight.grad.norm().item() for weight in convs]
        if step == 0:
            found |= {"loss": loss.item(), "spread": list(spread), "gradients": gradients}
        found["relative_steps"].append(LR * gradients[0] / convs[0].norm().item())
        with torch.no_grad():
            for parameter in model.parameters():
                parameter -= LR * parameter.grad
    return found


def part_signal(images: Tensor, labels: Tensor, depths, seeds) -> dict:
    """深度 x 有没有捷径 x 零初始化：第一层的梯度等，几个种子的中位数；最深的一组另存逐层的曲线。"""
    rows, profiles = [], {}
    settings = [("plain", False), ("resnet", False), ("resnet", True)]
    for depth in depths:
        for kind, zero_init in settings:
            runs = [signal(kind, depth, images, labels, seed, zero_init) for seed in seeds]
            first = [run["gradients"][0] for run in runs]
            rows.append(
                {
                    "network": f"{kind}{depth}" + ("，零初始化" if zero_init else ""),
                    "kind": kind,
                    "depth": depth,
                    "zero_init": zero_init,
                    "loss": statistics.median(run["loss"] for run in runs),
                    "first_gradient": statistics.median(first),
                    "first_gradient_low": min(first),
                    "first_gradient_high": max(first),
                    "first_step": statistics.median(run["relative_steps"][0] for run in runs),
                    "second_step": statistics.median(run["relative_steps"][1] for run in runs),
                    "last_gradient": statistics.median(run["gradients"][-1] for run in runs),
                    "last_spread": statistics.median(run["spread"][-1] for run in runs),
                }
            )
            if depth == depths[-1] and not zero_init:
                profiles[f"{kind}{depth}"] = {key: runs[0][key] for key in ("gradients", "spread")}
    by_name = {row["network"]: row["first_gradient"] for row in rows}
    growth = (by_name[f"plain{depths[-1]}"] / by_name[f"plain{depths[0]}"]) ** (1 / (depths[-1] - depths[0]))
    return {"signal": rows, "profiles": profiles, "plain_growth_per_layer": growth}


@torch.no_grad()
def equal_to_shortcut(model: nn.Module, images: Tensor) -> list[bool]:
    """每个残差块的输出是否与 relu(捷径) 逐位相同。"""
    found = []

    def check(module, inputs, output):
        shortcut = inputs[0] if module.downsample is None else module.downsample(inputs[0])
        found.append(torch.equal(output, F.relu(shortcut)))

    for module in model.modules():
        if isinstance(module, (BasicBlock, Bottleneck)):
            module.register_forward_hook(check)
    model(images)
    return found


@torch.no_grad()
def part_zero_init(images: Tensor, depth: int) -> dict:
    """零初始化：每块等于 relu(捷径)；深网络与 20 层网络是同一个函数。"""
    blocks = equal_to_shortcut(resnet20(zero_init_residual=True, in_channels=images.shape[1]), images)
    blocks += equal_to_shortcut(resnet50(zero_init_residual=True), torch.randn(2, 3, 64, 64))
    shallow = resnet20(zero_init_residual=True, in_channels=images.shape[1])
    deep = CifarResNet(BasicBlock, (depth - 2) // 6, in_channels=images.shape[1], zero_init_residual=True)
    for name in ("conv1", "bn1", "fc"):  # 首尾两层换成同一份
        getattr(deep, name).load_state_dict(getattr(shallow, name).state_dict())
    same = torch.equal(shallow(images), deep(images))
    return {"zero_init": {"blocks": len(blocks), "equal": sum(blocks), "depth": depth, "same_as_resnet20": same}}


# ---------------------------------------------------------------- 训练好的网络，拿掉一块


def without_block(model: nn.Module, stage: str, index: int) -> nn.Module:
    """一个副本，其中一块换成恒等映射。只有不改变形状的块拿得掉。"""
    model = copy.deepcopy(model)
    getattr(model, stage)[index] = nn.Identity()
    return model


def lesion_accuracies(model: nn.Module, data: Dataset) -> dict[str, float]:
    """{拿掉哪一块: 测试准确率}；每个阶段的第 0 块可能改变形状，不动它。"""
    inputs, labels = data.normalize(data.test_images), data.test_labels
    found = {"不拿": accuracy(model, inputs, labels)}
    for stage in ("layer1", "layer2", "layer3"):
        for index in (1, 2):
            found[f"{stage}[{index}]"] = accuracy(without_block(model, stage, index), inputs, labels)
    return found


def part_lesion(data: Dataset, epochs: int, seeds, device) -> dict:
    """plain-20 与 ResNet-20 各训练 epochs 轮，再逐块拿掉（Veit et al. 2016 的做法）；几个种子的中位数。"""
    table = {}
    for kind, block in KINDS.items():
        trial, runs = Trial(block=block, n=3, epochs=epochs), []
        for seed in seeds:
            model = train(trial, data.train_images, data.train_labels, data.normalize, seed, device)
            runs.append(lesion_accuracies(model, data))
        for name in runs[0]:
            row = table.setdefault(name, {"removed": name})
            row[f"{kind}20"] = statistics.median(run[name] for run in runs)
    rows = list(table.values())
    return {
        "lesion": rows,
        "lesion_plain_mean": statistics.fmean(row["plain20"] for row in rows[1:]),
        "lesion_resnet_mean": statistics.fmean(row["resnet20"] for row in rows[1:]),
    }


def main(argv=None) -> dict:
    parser = Parser(__doc__)
    common_options(parser, script=__file__)
    args = parser.parse_args(argv)
    device = pick_device(args.device)
    torch.set_num_threads(1)  # 8x8 的图，多线程只添等待；结果也不再随核数变
    depths, seeds, epochs = ((20, 56), 1, 1) if args.smoke else ((20, 56, 110), 5, 6)
    data = load_dataset("digits")
    images, labels = data.normalize(data.train_images[:64]).to(device), data.train_labels[:64].to(device)
    print(f"digits 的一批 {tuple(images.shape)}，深度 {depths}，{seeds} 个种子，{device}，float32")
    seeds = range(args.seed, args.seed + seeds)
    parts = [
        part_sizes,
        lambda: part_signal(images, labels, depths, seeds),
        lambda: part_zero_init(images.cpu(), depths[-1]),
        lambda: part_lesion(data, epochs, seeds[:3], device),
    ]
    result = {"seeds": len(seeds), "epochs": epochs}
    for part in tqdm(parts, unit="项", disable=None):
        result |= part()
    for row in result["signal"]:
        start = f"损失 {row['loss']:.2f}，第一层梯度 {row['first_gradient']:.3g}"
        print(f"{row['network']}：{start}，头两步改动 {row['first_step']:.2g} 倍、{row['second_step']:.2g} 倍")
    print(f"零初始化：{result['zero_init']}")
    for row in result["lesion"]:
        print(f"拿掉 {row['removed']}：plain-20 {row['plain20']:.3f}，ResNet-20 {row['resnet20']:.3f}")
    return emit_result(result)


if __name__ == "__main__":
    run(main)
