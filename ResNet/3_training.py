"""训练：数据集与加载器、损失、优化器、日程、训练循环、检查点，在手写数字上跑一遍。

教什么：训练循环的每一行为什么在那里；每个零件与 torch 的比较；漏掉一行会怎样（有测量）。
不教什么：卷积（下一篇）、混合精度与多进程（`train.py`）。
怎么跑：`python ResNet/3_training.py`（约半分钟），`--smoke`（约 3 秒）。
对应笔记：`3_training.md`。
"""

import copy
import math
import statistics
from functools import partial

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset
from tqdm import tqdm

from book import Parser, common_options, emit_result, load_state, output_dir, pick_device, run, save_state
from ResNet.data import load_dataset
from ResNet.loader import EpochSampler, ImageDataset, epoch_order
from ResNet.losses import cross_entropy
from ResNet.optimizers import SGD, Adam, adamw, one_cycle

BATCH = 64


class Noisy(Dataset):
    """带随机增强的数据集，两种写法：用全局随机数，或者每个样本自己的 Generator。"""

    def __init__(self, n: int, own_generator: bool):
        self.n, self.own_generator = n, own_generator

    def __len__(self) -> int:
        return self.n

    def __getitem__(self, i: int) -> Tensor:
        generator = torch.Generator().manual_seed(i) if self.own_generator else None
        return torch.rand((), generator=generator)


def build_mlp(seed: int, device="cpu") -> nn.Sequential:
    """64 -> 64 -> 10 的两层网络；种子只管初始化。"""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return nn.Sequential(nn.Flatten(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10)).to(device)


def train_step(model: nn.Module, optimizer, x: Tensor, y: Tensor, label_smoothing: float = 0.0) -> float:
    optimizer.zero_grad()  # 丢掉上一步的梯度：backward 是累加，不是赋值
    loss = cross_entropy(model(x), y, label_smoothing)
    loss.backward()
    optimizer.step()
    return loss.item()  # 取成 float：存张量会把整张计算图留在内存里


def step_without_zero_grad(model: nn.Module, optimizer, x: Tensor, y: Tensor) -> float:
    """反例：忘了清梯度，等于动量 1.0。"""
    loss = cross_entropy(model(x), y)
    loss.backward()
    optimizer.step()
    return loss.item()


def step_softmax_twice(model: nn.Module, optimizer, x: Tensor, y: Tensor) -> float:
    """反例：先 softmax 再交给交叉熵，里面又做一次 softmax。"""
    optimizer.zero_grad()
    loss = cross_entropy(model(x).softmax(dim=1), y)
    loss.backward()
    optimizer.step()
    return loss.item()


def fit(model, optimizer, data, *, start=0, stop, seed=0, schedule=None, step_fn=train_step, order=epoch_order):
    """训练第 start 到 stop-1 步；第 step 步用哪一批只由 (seed, step) 决定，所以从哪一步接都一样。"""
    images, labels = data
    per_epoch = len(images) // BATCH  # 不足一批的尾巴这一轮不用
    losses = []
    for step in range(start, stop):
        epoch, position = divmod(step, per_epoch)
        rows = order(seed, epoch, len(images))[position * BATCH : (position + 1) * BATCH]
        if schedule is not None:
            optimizer.lr = schedule(step)
        losses.append(step_fn(model, optimizer, images[rows], labels[rows]))
    return losses


@torch.no_grad()
def accuracy(model: nn.Module, data) -> float:
    images, labels = data
    return round((model(images).argmax(dim=1) == labels).float().mean().item(), 6)


def part_loader(train, seed: int) -> dict:
    """DataLoader 拼批；同一个 epoch 得到同样的顺序；随机增强与 worker 数。"""
    sampler = EpochSampler(len(train[0]), seed)
    loader = DataLoader(ImageDataset(*train), BATCH, sampler=sampler, drop_last=True)
    sampler.set_epoch(3)
    x, y = next(iter(loader))
    rows = epoch_order(seed, 3, len(train[0]))[:BATCH]
    print(f"一批：x {tuple(x.shape)} {x.dtype}，y {tuple(y.shape)} {y.dtype}，每轮 {len(loader)} 批")

    def drawn(own_generator: bool, workers: int) -> Tensor:
        torch.manual_seed(seed)
        return torch.cat(list(DataLoader(Noisy(12, own_generator), 4, num_workers=workers)))

    return {
        "loader_equals_order": bool(torch.equal(x.cpu(), train[0][rows].cpu())),
        "global_rng_depends_on_workers": not torch.equal(drawn(False, 1), drawn(False, 2)),
        "own_rng_depends_on_workers": not torch.equal(drawn(True, 1), drawn(True, 2)),
    }


def part_initial_loss(train, seed: int) -> dict:
    """刚初始化的网络应当各类均匀：损失约为 ln 10。初始化放大 10 倍就不是了。"""
    model = build_mlp(seed, train[0].device)
    x, y = train
    good = cross_entropy(model(x), y).item()
    with torch.no_grad():
        for p in model.parameters():
            p.mul_(10)
    return {"initial_loss": good, "ln_10": math.log(10), "initial_loss_10x": cross_entropy(model(x), y).item()}


def part_overfit(train, seed: int) -> dict:
    """调试第一步：一批数据反复训练，损失应当掉到 0 附近；掉不下去就是有错。"""
    x, y = train[0][:BATCH], train[1][:BATCH]
    results = {}
    for name, inputs in (("overfit_loss", x), ("overfit_loss_zero_input", x * 0)):  # 后者像是把输入误乘了 0
        model = build_mlp(seed, train[0].device)
        optimizer = SGD(model.parameters(), lr=0.1, momentum=0.9)
        results[name] = [train_step(model, optimizer, inputs, y) for _ in range(100)][-1]
    return results


def part_optimizers(train, seed: int, steps: int) -> dict:
    """手写的优化器与 torch.optim 走同样的步，参数差多少。"""
    pairs = {
        "sgd": (lambda p: SGD(p, 0.1, 0.9, True, 1e-4), lambda p: torch.optim.SGD(p, 0.1, 0.9, 0, 1e-4, nesterov=True)),
        "adam": (lambda p: Adam(p, 1e-3, weight_decay=1e-4), lambda p: torch.optim.Adam(p, 1e-3, weight_decay=1e-4)),
        "adamw": (lambda p: adamw(p, 1e-3), lambda p: torch.optim.AdamW(p, 1e-3)),
    }
    results = {}
    for name, builders in pairs.items():
        models = [build_mlp(seed, train[0].device) for _ in builders]
        for model, build in zip(models, builders):
            fit(model, build(model.parameters()), train, stop=steps, seed=seed)
        gaps = [(a - b).abs().max().item() for a, b in zip(models[0].parameters(), models[1].parameters())]
        results[f"{name}_gap"] = max(gaps)
    return results


def part_accumulation(train, seed: int) -> dict:
    """梯度累积：4 个 16 张的小批等于一个 64 张的大批；忘了除以 4 就是 4 倍；有 BatchNorm 就不等。"""

    def gradient(model, sizes, divide: bool) -> Tensor:
        model = copy.deepcopy(model)
        for x, y in zip(train[0][:BATCH].split(sizes), train[1][:BATCH].split(sizes)):
            (cross_entropy(model(x), y) / (len(sizes) if divide else 1)).backward()
        return torch.cat([p.grad.flatten() for p in model.parameters()])

    plain = build_mlp(seed, train[0].device)
    with_bn = nn.Sequential(*plain[:2], nn.BatchNorm1d(64), *plain[2:]).to(train[0].device)
    whole = gradient(plain, [64], True)

    def gap(other, reference=whole) -> float:
        return ((other - reference).norm() / reference.norm()).item()

    return {
        "accumulation_gap": gap(gradient(plain, [16] * 4, True)),
        "accumulation_gap_undivided": gap(gradient(plain, [16] * 4, False)),
        "accumulation_gap_uneven": gap(gradient(plain, [30, 30, 4], True)),
        "accumulation_gap_bn": gap(gradient(with_bn, [16] * 4, True), gradient(with_bn, [64], True)),
    }


def part_resume(train, seed: int, out, total: int) -> dict:
    """在第 total/2 步存检查点、用新对象接着训练：与一口气训练完逐位相同；少存一样就不同。"""

    def fresh():
        model = build_mlp(seed, train[0].device)
        return model, SGD(model.parameters(), 0.1, momentum=0.9)

    def schedule(step: int) -> float:
        return one_cycle(step, total, peak=0.2)

    half = total // 2
    model, optimizer = fresh()
    fit(model, optimizer, train, stop=half, seed=seed, schedule=schedule)
    # region checkpoint
    state = {"step": half, "seed": seed, "model": model.state_dict(), "optimizer": optimizer.state_dict()}
    save_state(out / "half.safetensors", state)
    # endregion
    fit(model, optimizer, train, start=half, stop=total, seed=seed, schedule=schedule)
    finals = {}
    for name in ("complete", "no_optimizer", "no_step"):
        # region resume
        saved = load_state(out / "half.safetensors")
        resumed, resumed_optimizer = fresh()  # 全新的模型与优化器
        resumed.load_state_dict(saved["model"])
        if name != "no_optimizer":  # 反例一：忘了装优化器
            resumed_optimizer.load_state_dict(saved["optimizer"])
        start = saved["step"] if name != "no_step" else 0  # 反例二：忘了步数
        # endregion
        fit(resumed, resumed_optimizer, train, start=start, stop=start + half, seed=saved["seed"], schedule=schedule)
        pairs = zip(model.parameters(), resumed.parameters())
        finals[f"resume_gap_{name}"] = max((a - b).abs().max().item() for a, b in pairs)
    return finals


def part_threads(train, seed: int, steps: int) -> dict:
    """同样的种子再跑一遍：逐位相同。换线程数：求和的次序变了，学习率大时这点舍入会被放大。"""

    def final(threads: int, lr: float) -> Tensor:
        torch.set_num_threads(threads)
        model = build_mlp(seed, train[0].device)
        fit(model, SGD(model.parameters(), lr, 0.9), train, stop=steps, seed=seed)
        torch.set_num_threads(1)
        return torch.cat([p.detach().flatten() for p in model.parameters()])

    return {
        "rerun_gap": (final(1, 0.1) - final(1, 0.1)).abs().max().item(),
        "threads_gap": (final(1, 0.1) - final(2, 0.1)).abs().max().item(),
        "threads_gap_large_lr": (final(1, 1.0) - final(2, 1.0)).abs().max().item(),
    }


def part_training(train, test, seeds: list[int], epochs: int) -> dict:
    """正式训练：SGD + OneCycle；旁边是三个反例，除了一处改动其余相同。各跑几个种子，取中位数。"""
    steps = epochs * (len(train[0]) // BATCH)
    by_class = train[1].argsort(stable=True).cpu()
    variants = {
        "test_acc": {},
        "test_acc_no_zero_grad": {"step_fn": step_without_zero_grad},
        "test_acc_softmax_twice": {"step_fn": step_softmax_twice},
        "test_acc_sorted": {"order": lambda seed, epoch, n: by_class},
    }
    results = {"steps": steps, "seeds": len(seeds)}
    for name, options in tqdm(variants.items(), desc="训练", leave=False, disable=None):
        runs = []
        for seed in seeds:
            model = build_mlp(seed, train[0].device)
            options = {"schedule": lambda step: one_cycle(step, steps, peak=0.1), **options}
            losses = fit(model, SGD(model.parameters(), 0.1, 0.9), train, stop=steps, seed=seed, **options)
            runs.append(accuracy(model, test))
        results |= {name: statistics.median(runs), f"{name}_range": [min(runs), max(runs)]}
        if name == "test_acc":  # 最后一个种子
            results |= {"train_loss": sum(losses[-20:]) / 20, "train_acc": accuracy(model, train)}
    return results


def part_refinements(train, test, seeds: list[int], epochs: int) -> dict:
    """三种常见的「改进」，其余与正式训练相同：在这个数据上看不看得出差别。"""
    results = {}
    variants = {"adamw": (1, 0.0), "smoothing": (1, 0.1), "twice_as_long": (2, 0.0)}
    for name, (factor, smoothing) in variants.items():
        steps = factor * epochs * (len(train[0]) // BATCH)
        runs = []
        for seed in seeds:
            model = build_mlp(seed, train[0].device)
            peak = 0.01 if name == "adamw" else 0.1
            optimizer = adamw(model.parameters()) if name == "adamw" else SGD(model.parameters(), peak, 0.9)
            options = {"schedule": partial(one_cycle, total_steps=steps, peak=peak)}
            options["step_fn"] = partial(train_step, label_smoothing=smoothing)
            fit(model, optimizer, train, stop=steps, seed=seed, **options)
            runs.append(accuracy(model, test))
        results |= {f"test_acc_{name}": statistics.median(runs), f"test_acc_{name}_range": [min(runs), max(runs)]}
    return results


def part_sweep(train, test, seed: int, epochs: int) -> dict:
    """学习率扫描：同样的步数，只改学习率。"""
    steps = epochs * (len(train[0]) // BATCH)
    builders = {"sgd": lambda p, lr: SGD(p, lr), "momentum": lambda p, lr: SGD(p, lr, 0.9), "adam": Adam}
    rows = []
    for lr in (1e-4, 1e-3, 1e-2, 1e-1, 1.0, 10.0):
        row = {"lr": lr}
        for name, build in builders.items():
            model = build_mlp(seed, train[0].device)
            fit(model, build(model.parameters(), lr), train, stop=steps, seed=seed)
            row[name] = accuracy(model, test)
        rows.append(row)
    return {"sweep": rows}


def main(argv=None) -> dict:
    parser = Parser(__doc__)
    common_options(parser, script=__file__)
    parser.add_argument("--epochs", type=int, default=20, metavar="N", help="正式训练的轮数，默认 20")
    args = parser.parse_args(argv)
    device, out = pick_device(args.device), output_dir(args.out)
    torch.set_num_threads(1)  # 张量很小，多线程只添等待；而且求和的次序、从而结果，都不再随核数变
    epochs, sweep_epochs = (1, 1) if args.smoke else (args.epochs, 5)
    seeds = [args.seed] if args.smoke else [args.seed, args.seed + 1, args.seed + 2]
    digits = load_dataset("digits")
    train = digits.normalize(digits.train_images).to(device), digits.train_labels.to(device)
    test = digits.normalize(digits.test_images).to(device), digits.test_labels.to(device)
    parameters = sum(p.numel() for p in build_mlp(args.seed).parameters())
    print(f"数据 digits {len(train[0])}/{len(test[0])}，模型 64-64-10 共 {parameters:,d} 个参数，{device}，float32")
    results = part_loader(train, args.seed)
    parts = [
        lambda: part_initial_loss(train, args.seed),
        lambda: part_overfit(train, args.seed),
        lambda: part_optimizers(train, args.seed, 10 if args.smoke else 50),
        lambda: part_accumulation(train, args.seed),
        lambda: part_resume(train, args.seed, out, 10 if args.smoke else 100),
        lambda: part_threads(train, args.seed, 10 if args.smoke else 440),
        lambda: part_training(train, test, seeds, epochs),
        lambda: part_refinements(train, test, seeds, epochs),
        lambda: part_sweep(train, test, args.seed, sweep_epochs),
    ]
    for part in parts:
        values = part()
        results |= values
        for name, value in values.items():
            print(f"  {name:28s} {value if isinstance(value, list) else f'{value:.6g}'}")
    return emit_result(results)


if __name__ == "__main__":
    run(main)
