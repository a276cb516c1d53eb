"""训练 ResNet：默认在内置的手写数字上，也能用 CIFAR-10、Fashion-MNIST 或你自己的图片。

教什么：一个完整的训练循环（增强、学习率、混合精度、梯度累积、分布式、评估、检查点）全写在明处。
不教什么：模型（`resnet.py`）、数据（`data.py`）、超参数的含义（`recipes.py`）。
怎么跑：
  python ResNet/train.py                       digits，两核 CPU 约半分钟
  python ResNet/train.py --smoke               10 秒内跑通
  python ResNet/train.py --dataset cifar10 --download --full     ResNet-20 训练 100 轮，两核约 1 小时
                                               （CPU 没有 bf16 指令时约 5 小时）
  python ResNet/train.py --dataset zip --data 你的.zip           自己的图片：<类名>/<图片>
  torchrun --nproc_per_node=2 ResNet/train.py  两个进程（CPU 用 gloo，GPU 用 nccl）
有一块 GPU 时：--device auto 会用它，别的都不变。中断后加 --resume 接着训，结果与不中断的逐位相同。
对应笔记：`3_training.md`（循环与检查点）、`5_resnet.md`（结果）。
"""

import os
import time
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.parallel import DistributedDataParallel
from tqdm import tqdm

from book import (
    CheckpointError,
    Parser,
    UserError,
    common_options,
    emit_result,
    has_fast_bf16,
    interruptible,
    load_state,
    output_dir,
    pick_device,
    positive_int,
    run,
    save_state,
    seed_everything,
    seeded,
    write_logs,
)
from ResNet.data import Dataset, add_data_options, augment, cutout, dataset_from, normalize
from ResNet.recipes import Recipe, recipe_for
from ResNet.report import confusion_matrix, draw_confusion, draw_curves, per_class_accuracy
from ResNet.resnet import MODELS, count_parameters


@dataclass
class Progress:
    """训练走到哪里了；连同权重与优化器状态存进检查点，就足够逐位相同地续训。"""

    step: int = 0  # 已经做了几次更新
    seconds: float = 0.0  # 已经花的时间，续训时接着数
    loss_sum: float = 0.0  # 本轮到目前为止的损失之和
    correct: int = 0  # 本轮到目前为止猜对几张
    history: list = field(default_factory=list)  # 每轮一行


def build(recipe: Recipe, dataset: Dataset, device: torch.device) -> tuple[nn.Module, torch.optim.Optimizer]:
    """按配方建模型与优化器。"""
    seed_everything(recipe.seed)
    channels, classes = dataset.train_images.shape[1], len(dataset.classes)
    model = MODELS[recipe.model](
        num_classes=classes, in_channels=channels, zero_init_residual=recipe.zero_init_residual
    ).to(device)
    if recipe.channels_last:
        model = model.to(memory_format=torch.channels_last)
    # 一维的参数（BatchNorm 的 γ、β 与偏置）不做权重衰减：把 γ 往 0 拉没有正则化的作用
    matrices = [p for p in model.parameters() if p.dim() > 1]
    vectors = [p for p in model.parameters() if p.dim() == 1]
    groups = [{"params": matrices, "weight_decay": recipe.weight_decay}, {"params": vectors, "weight_decay": 0.0}]
    optimizer = torch.optim.SGD(groups, lr=recipe.lr, momentum=recipe.momentum, nesterov=recipe.momentum > 0)
    return model, optimizer


def to_input(images: Tensor, dataset: Dataset, recipe: Recipe, device: torch.device) -> Tensor:
    """uint8 (N, C, H, W) -> 标准化的 float32，放到 device 上，按需换成 channels_last。"""
    x = normalize(images.to(device), *dataset.mean_std)
    return x.contiguous(memory_format=torch.channels_last) if recipe.channels_last else x


def train_step(model, optimizer, recipe: Recipe, images: Tensor, labels: Tensor) -> tuple[float, int]:
    """一次更新。返回 (平均损失, 猜对的张数)。"""
    optimizer.zero_grad()
    loss_sum, correct = 0.0, 0
    for x, y in zip(images.chunk(recipe.accumulate), labels.chunk(recipe.accumulate)):
        with torch.autocast(x.device.type, torch.bfloat16, enabled=recipe.precision == "bf16"):
            logits = model(x)  # (N, C, H, W) -> (N, K)
        loss = F.cross_entropy(logits.float(), y, label_smoothing=recipe.label_smoothing)
        (loss / recipe.accumulate).backward()  # 各份的梯度相加 = 整批平均损失的梯度
        loss_sum += loss.item() / recipe.accumulate
        correct += (logits.argmax(1) == y).sum().item()
    optimizer.step()
    return loss_sum, correct


@torch.inference_mode()
def predict(model: nn.Module, images: Tensor, dataset: Dataset, recipe: Recipe, device, flip: bool = False) -> Tensor:
    """全部图像的 logits (N, K)。flip 时取原图与左右翻转的平均（test-time augmentation）。"""
    model.eval()  # 忘了这一句，BatchNorm 会用当前批的统计量：预测随邻居变
    chunks = []
    for batch in images.split(500):
        x = to_input(batch, dataset, recipe, device)
        with torch.autocast(device.type, torch.bfloat16, enabled=recipe.precision == "bf16"):
            logits = model(x).float()
            chunks.append((logits + model(x.flip(3)).float()) / 2 if flip else logits)
    return torch.cat(chunks).cpu()


def evaluate(model: nn.Module, dataset: Dataset, recipe: Recipe, device) -> dict:
    """测试集上的损失与准确率。只用来报告，不用来挑选检查点：挑了就不再是测试。"""
    logits = predict(model, dataset.test_images, dataset, recipe, device)
    loss = F.cross_entropy(logits, dataset.test_labels).item()
    return {"test_loss": loss, "test_acc": (logits.argmax(1) == dataset.test_labels).float().mean().item()}


def save(path: Path, model, optimizer, recipe: Recipe, dataset: Dataset, progress: Progress) -> None:
    """原子地存下续训与预测需要的一切。"""
    state = {
        "model_name": recipe.model,
        "dataset": dataset.name,
        "classes": dataset.classes,
        "in_channels": dataset.train_images.shape[1],
        "image_size": dataset.train_images.shape[-1],
        "mean": dataset.mean,
        "std": dataset.std,
        "recipe": asdict(recipe),
        "progress": asdict(progress),
        "model": model.state_dict(),
        "optimizer": optimizer.state_dict(),
    }
    save_state(path, state)


def resume(path: Path, model, optimizer, recipe: Recipe, dataset: Dataset) -> Progress:
    """把检查点装回 model 与 optimizer；配方或类别不同就报错，不猜。"""
    state = load_state(path)
    if "recipe" not in state:
        raise CheckpointError(f"{path} 不是 ResNet/train.py 的检查点；换一个，或去掉 --resume 重新训练")
    different = [key for key, value in asdict(recipe).items() if state["recipe"].get(key) != value]
    if different:
        key = different[0]
        raise CheckpointError(
            f"{path} 训练时 {key}={state['recipe'].get(key)}，现在是 {asdict(recipe)[key]}；"
            f"续训要用同样的选项，想换就去掉 --resume 并换一个 --out"
        )
    if state["classes"] != dataset.classes:
        raise CheckpointError(
            f"{path} 有 {len(state['classes'])} 个类别，数据有 {len(dataset.classes)} 个；数据换过了吗"
        )
    model.load_state_dict(state["model"])
    optimizer.load_state_dict(state["optimizer"])
    return Progress(**state["progress"])


def fit(model, optimizer, recipe: Recipe, dataset: Dataset, device, progress: Progress, args) -> None:
    """训练循环：从 progress.step 走到最后一步。数据的顺序只由 (seed, epoch, step) 决定。"""
    rank, world = (dist.get_rank(), dist.get_world_size()) if dist.is_initialized() else (0, 1)
    network = DistributedDataParallel(model) if world > 1 else model  # 反向传播时各进程的梯度取平均
    N = len(dataset.train_labels)
    B = min(recipe.batch_size, N)
    steps = N // B  # 不满一批的尾巴本轮不用（下一轮顺序不同）：一张图的批会让 BatchNorm 出错
    total, started = steps * recipe.epochs, time.perf_counter() - progress.seconds
    bar = tqdm(total=total, initial=progress.step, desc="训练", unit="步", disable=True if rank else None)
    with interruptible() as stop:
        while progress.step < total:
            epoch, i = divmod(progress.step, steps)
            order = torch.randperm(N, generator=seeded(recipe.seed, "order", epoch))
            index = order[i * B : (i + 1) * B][rank::world]
            images, labels = dataset.train_images[index], dataset.train_labels[index].to(device)
            if recipe.augment:
                generator = seeded(recipe.seed, "augment", progress.step, rank)
                images = augment(images, dataset.padding, dataset.flip, generator)
                images = cutout(images, recipe.cutout, generator) if recipe.cutout else images
            for group in optimizer.param_groups:
                group["lr"] = recipe.learning_rate(progress.step, total)
            network.train()
            loss, correct = train_step(network, optimizer, recipe, to_input(images, dataset, recipe, device), labels)
            progress.step += 1
            progress.loss_sum += loss
            progress.correct += correct
            progress.seconds = time.perf_counter() - started
            bar.update()
            if i == steps - 1:
                end_epoch(
                    model, recipe, dataset, device, progress, steps, B // world, args, last=progress.step == total
                )
            if rank == 0 and (i == steps - 1 or progress.step % args.save_every == 0 or stop.is_set()):
                save(args.out / "last.safetensors", model, optimizer, recipe, dataset, progress)
            if stop.is_set():
                raise KeyboardInterrupt(f"进度在 {args.out / 'last.safetensors'}，同样的命令加 --resume 接着训")
    bar.close()


def end_epoch(model, recipe, dataset, device, progress: Progress, steps: int, batch: int, args, last: bool) -> None:
    """一轮结束：记一行历史，隔 eval_every 轮评估一次。progress 的本轮累计清零。"""
    epoch = len(progress.history) + 1
    row = {
        "epoch": epoch,
        "lr": recipe.learning_rate(progress.step - 1, steps * recipe.epochs),
        "train_loss": progress.loss_sum / steps,
        "train_acc": progress.correct / (steps * batch),
        "seconds": round(progress.seconds, 2),
    }
    if last or epoch % args.eval_every == 0:
        row.update(evaluate(model, dataset, recipe, device))
    progress.history.append(row)
    progress.loss_sum, progress.correct = 0.0, 0
    if not dist.is_initialized() or dist.get_rank() == 0:
        tqdm.write("  ".join(f"{k} {v:.4g}" if isinstance(v, float) else f"{k} {v}" for k, v in row.items()))


def report(model, recipe: Recipe, dataset: Dataset, device, progress: Progress, out: Path) -> dict:
    """画图、写日志，返回 RESULT。"""
    logits = predict(model, dataset.test_images, dataset, recipe, device)
    matrix = confusion_matrix(dataset.test_labels, logits.argmax(1), len(dataset.classes))
    last = progress.history[-1]
    result = {
        "dataset": dataset.name,
        "model": recipe.model,
        "parameters": count_parameters(model),
        "epochs": recipe.epochs,
        "precision": recipe.precision,
        "test_acc": matrix.diagonal().sum().item() / matrix.sum().item(),
        "test_loss": last["test_loss"],
        "train_acc": last["train_acc"],
        "seconds": round(progress.seconds, 1),
        "checkpoint": str(out / "last.safetensors"),
    }
    if dataset.flip:
        flipped = predict(model, dataset.test_images, dataset, recipe, device, flip=True)
        result["test_acc_flip"] = (flipped.argmax(1) == dataset.test_labels).float().mean().item()
    evaluated = [row for row in progress.history if "test_acc" in row]
    result["curve"] = [{key: row[key] for key in ("epoch", "train_acc", "test_acc")} for row in evaluated]
    result["per_class"] = dict(zip(dataset.classes, per_class_accuracy(matrix)))
    draw_curves({recipe.model: progress.history}, out / "curves.png")
    draw_confusion(matrix, dataset.classes, out / "confusion.png")
    write_logs(progress.history, {**result, "recipe": asdict(recipe)}, out)
    return result


def parse(argv) -> tuple:
    """选项 -> (args, recipe)。没有给出的超参数取数据集的默认配方。"""
    parser = Parser(__doc__)
    add_data_options(parser)
    group = parser.add_argument_group("超参数（默认值见 python ResNet/recipes.py）")
    group.add_argument("--model", metavar="NAME", help=f"可选 {' '.join(MODELS)}")
    group.add_argument("--epochs", type=positive_int, metavar="N", help="训练集过几遍")
    group.add_argument("--batch-size", type=positive_int, metavar="N", help="一次更新用几张图")
    group.add_argument("--accumulate", type=positive_int, metavar="N", help="一个批分几次前向，1 表示不分")
    group.add_argument("--lr", type=float, metavar="X", help="学习率的峰值")
    group.add_argument("--momentum", type=float, metavar="X", help="Nesterov 动量，0 表示不用")
    group.add_argument("--weight-decay", type=float, metavar="X", help="权重衰减，0 表示不用")
    group.add_argument("--label-smoothing", type=float, metavar="X", help="标签平滑，0 表示不用")
    group.add_argument("--cutout", type=int, metavar="N", help="每张图盖住的方块的边长，0 表示不盖")
    group.add_argument("--warmup", type=float, metavar="X", help="cosine 的预热占总步数的比例，0 表示不用")
    group.add_argument("--schedule", metavar="NAME", help="cosine（默认）、onecycle、constant")
    group.add_argument("--precision", metavar="NAME", help="fp32、bf16（混合精度）或 auto（硬件有 bf16 指令就用 bf16）")
    group.add_argument("--channels-last", action="store_true", default=None, help="内存排成 NHWC")
    group.add_argument("--zero-init-residual", action="store_true", default=None, help="残差块从恒等映射开始")
    group.add_argument("--no-augment", dest="augment", action="store_false", default=None, help="不做数据增强")
    parser.add_argument("--quick", action="store_true", help="比默认更短，数字仍有意义（make tour 用）")
    parser.add_argument("--full", action="store_true", help="完整训练：cifar10 为 100 轮")
    parser.add_argument("--resume", action="store_true", help="从 --out 里的 last.safetensors 接着训")
    parser.add_argument(
        "--save-every", type=positive_int, default=200, metavar="N", help="每几步存一次检查点，默认 200"
    )
    parser.add_argument("--eval-every", type=positive_int, default=1, metavar="N", help="每几轮评估一次，默认 1")
    common_options(parser, __file__)
    args = parser.parse_args(argv)
    if args.data and args.dataset == "digits":
        rule = f"--data {args.data} 只用于 cifar10、fashionmnist、folder、zip；digits 是内嵌的"
        raise UserError(f"{rule}。加上 --dataset，如 --dataset folder，或去掉 --data")
    names = {field.name for field in fields(Recipe)} - {"dataset"}
    overrides = {name: value for name, value in vars(args).items() if name in names}
    recipe = recipe_for(args.dataset, args.full, args.quick, **overrides)
    return args, replace(recipe, epochs=args.epochs or 2) if args.smoke else recipe


def start_process_group(device: torch.device, recipe: Recipe) -> torch.device:
    """在 torchrun 下加入进程组；单进程时什么也不做。"""
    world = int(os.environ.get("WORLD_SIZE", "1"))
    if world == 1:
        return device
    if recipe.batch_size % (world * recipe.accumulate):
        raise UserError(f"--batch-size {recipe.batch_size} 必须能被 {world} 个进程 x {recipe.accumulate} 次累积整除")
    dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
    return torch.device("cuda", int(os.environ["LOCAL_RANK"])) if device.type == "cuda" else device


def settle_precision(recipe: Recipe, device: torch.device) -> Recipe:
    """auto 换成这台机器上更快的那一种：检查点里记的是真正用的精度，换了机器续训也不会悄悄变。"""
    if recipe.precision == "auto":
        return replace(recipe, precision="bf16" if has_fast_bf16(device) else "fp32")
    if recipe.precision == "bf16" and not has_fast_bf16(device):
        print(f"注意：{device} 没有 bf16 指令，bf16 靠模拟，比 fp32 慢得多；去掉 --precision bf16 更快")
    return recipe


def main(argv=None) -> dict:
    args, recipe = parse(argv)
    device = start_process_group(pick_device(args.device), recipe)
    recipe = settle_precision(recipe, device)
    first = not dist.is_initialized() or dist.get_rank() == 0
    output_dir(args.out)
    dataset = dataset_from(args)
    model, optimizer = build(recipe, dataset, device)
    path = args.out / "last.safetensors"
    progress = resume(path, model, optimizer, recipe, dataset) if args.resume else Progress()
    if first:
        print(f"配方：{asdict(recipe)}")
        print(f"{recipe.model} 有 {count_parameters(model):,} 个参数，设备 {device}，精度 {recipe.precision}")
        print(f"{dataset.name}：训练 {len(dataset.train_labels)} 张，测试 {len(dataset.test_labels)} 张")
    try:
        fit(model, optimizer, recipe, dataset, device, progress, args)
        result = report(model, recipe, dataset, device, progress, args.out) if first else {}
    finally:
        if dist.is_initialized():
            dist.destroy_process_group()
    return emit_result(result) if first else result


if __name__ == "__main__":
    run(main)
