"""训练 Transformer：默认学把中文的日期、时间、数字写成标准形式，也能训练德英翻译或你自己的平行语料。

教什么：teacher forcing、标签平滑、预热、按词元数分批、梯度裁剪、检查点平均，全写在明处的训练循环。
不教什么：模型（`transformer.py`）、数据（`data.py`、`corpus.py`）、生成（`decoding.py`）、检查点（`checkpoints.py`）。
怎么跑：
  python Transformer/train.py                  normal_forms，两核 CPU 约 3 分半
  python Transformer/train.py --smoke          10 秒内跑通，写在 outputs/Transformer/train/smoke
  python Transformer/train.py --task multi30k --download --full          德译英，两核一小时以上，可续
  python Transformer/train.py --task files --data 文件夹 --direction a-b  你自己的平行语料
  torchrun --nproc_per_node=2 Transformer/train.py   两个进程（CPU 用 gloo，GPU 用 nccl）
有一块 GPU 时：--device auto 会用它，别的都不变。中断后加 --resume 接着训，结果与不中断的逐位相同。
对应笔记：`5_training.md`。
"""

import os
import time
from dataclasses import asdict, replace
from pathlib import Path

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.parallel import DistributedDataParallel
from tqdm import tqdm

from book import (
    Parser,
    UserError,
    common_options,
    emit_result,
    has_fast_bf16,
    interruptible,
    output_dir,
    pick_device,
    run,
    save_state,
    seed_everything,
    write_logs,
)
from Transformer.attention import PAD
from Transformer.checkpoints import Progress, description, resume, save
from Transformer.corpus import Task, add_task_options, task_from
from Transformer.data import Pair, buckets, collate, encode_pairs
from Transformer.decoding import translate
from Transformer.recipes import MAX_LENGTH, Recipe, model_from
from Transformer.report import draw_curves, score
from Transformer.train_options import add_training_options, recipe_from
from Transformer.transformer import Transformer, count_parameters


def build(recipe: Recipe, task: Task, device: torch.device) -> tuple[Transformer, torch.optim.Optimizer]:
    """按配方建模型与优化器（Adam 的 β₂ = 0.98、ε = 1e-9，论文 5.3）。"""
    seed_everything(recipe.seed)
    model = model_from(recipe, *map(len, task.tokenizers), joint=bool(task.vocab_size)).to(device)
    # 一维的参数（偏置、LayerNorm）不做权重衰减
    matrices = [p for p in model.parameters() if p.dim() > 1]
    vectors = [p for p in model.parameters() if p.dim() == 1]
    groups = [{"params": matrices, "weight_decay": recipe.weight_decay}, {"params": vectors, "weight_decay": 0.0}]
    return model, torch.optim.AdamW(groups, lr=recipe.lr, betas=(0.9, 0.98), eps=1e-9, fused=True)


def batch_loss(network: nn.Module, source: Tensor, target: Tensor, smoothing: float) -> Tensor:
    """一批的损失之和：源 (B, S)，目标 (B, T+1)，返回标量。除以词数由调用者做。"""
    given, answer = target[:, :-1], target[:, 1:]  # 喂进 BOS w1 w2，要它说出 w1 w2 EOS
    real = answer != PAD  # 填充不计损失，也不必算它的 logits
    logits = network(source, given, real)  # (N, V)
    return F.cross_entropy(logits.float(), answer[real], label_smoothing=smoothing, reduction="sum")


def train_step(network, optimizer, recipe: Recipe, pairs: list[Pair], device, step: int) -> float:
    """一次更新，pairs 是所有进程合起来的一批；返回每个词的平均损失。"""
    rank, world = (dist.get_rank(), dist.get_world_size()) if dist.is_initialized() else (0, 1)
    mine = pairs[rank::world] or pairs[:1]  # 一批不够分时也要走一遍前向，否则别的进程一直等
    share = float(bool(pairs[rank::world]))
    words = sum(len(p.target) - 1 for p in pairs)
    # dropout 只由 (seed, step, rank) 决定：续训逐位相同
    torch.manual_seed(recipe.seed * 1_000_003 + step * world + rank)
    source, target = (x.to(device) for x in collate(mine))
    optimizer.zero_grad()
    with torch.autocast(device.type, torch.bfloat16, enabled=recipe.precision == "bf16"):
        loss = batch_loss(network, source, target, recipe.label_smoothing) * share / words
    (loss * world).backward()  # DistributedDataParallel 对梯度取平均，我们要的是和
    if recipe.clip:
        nn.utils.clip_grad_norm_(network.parameters(), recipe.clip)
    optimizer.step()
    total = loss.detach()
    if world > 1:
        dist.all_reduce(total)  # 各进程只算了自己那几句的
    return total.item()


@torch.inference_mode()
def evaluate(model: Transformer, pairs: list[Pair], recipe: Recipe, device) -> float:
    """验证集上每个词的交叉熵（不带标签平滑，单位 nat）。"""
    model.eval()
    total = words = 0
    for batch in buckets(pairs, recipe.max_tokens, ("valid",)):
        source, target = (x.to(device) for x in collate([pairs[i] for i in batch]))
        with torch.autocast(device.type, torch.bfloat16, enabled=recipe.precision == "bf16"):
            total += batch_loss(model, source, target, 0.0).item()
        words += (target[:, 1:] != PAD).sum().item()
    return total / words


def fit(model, optimizer, recipe: Recipe, task: Task, device, progress: Progress, args) -> None:
    """训练循环：从 progress.step 走到最后一步。批的次序只由 (seed, epoch) 决定。"""
    rank, world = (dist.get_rank(), dist.get_world_size()) if dist.is_initialized() else (0, 1)
    network = DistributedDataParallel(model) if world > 1 else model
    pairs, valid = (encode_pairs(texts, *task.tokenizers, MAX_LENGTH) for texts in (task.train, task.valid))
    if not pairs or not valid:
        raise UserError(f"{task.name} 没有可用的训练或验证句子（空的与超过 {MAX_LENGTH} 个词元的不要）；检查 --data")
    steps = len(buckets(pairs, recipe.max_tokens, (recipe.seed, "order", 0)))  # 每轮的批数都相同：切法只由长度决定
    total, started = steps * recipe.epochs, time.perf_counter() - progress.seconds
    if rank == 0 and recipe.warmup >= total and not args.smoke:
        hint = f"试试 --warmup {total // 10 + 1}"
        print(f"注意：一共才 {total} 步，--warmup {recipe.warmup} 走不完，学习率到不了 {recipe.lr}；{hint}")
    batches: list = []
    bar = tqdm(total=total, initial=progress.step, desc="训练", unit="步", disable=True if rank else None)
    with interruptible() as stop:
        while progress.step < total:
            epoch, i = divmod(progress.step, steps)
            if i == 0 or not batches:
                batches = buckets(pairs, recipe.max_tokens, (recipe.seed, "order", epoch))
                assert len(batches) == steps, "各轮的批数不同：改过 buckets 的切法，就只训练 --epochs 1"
            for group in optimizer.param_groups:
                group["lr"] = recipe.learning_rate(progress.step, total)
            network.train()
            rows = [pairs[j] for j in batches[i]]
            progress.loss_sum += train_step(network, optimizer, recipe, rows, device, progress.step)
            progress.step += 1
            progress.seconds = time.perf_counter() - started
            bar.update()
            if i == steps - 1:
                end_epoch(model, recipe, valid, device, progress, steps, total)
            if rank == 0 and (i == steps - 1 or progress.step % args.save_every == 0 or stop.is_set()):
                save(args.out / "last.safetensors", model, optimizer, recipe, task, progress)
            if stop.is_set():
                raise KeyboardInterrupt(f"进度在 {args.out / 'last.safetensors'}，同样的命令加 --resume 接着训")
    bar.close()


def end_epoch(model, recipe: Recipe, valid, device, progress: Progress, steps: int, total: int) -> None:
    """一轮结束：记一行历史；最后 average 轮把权重加进 progress.averaged。"""
    epoch = len(progress.history) + 1
    row = {
        "epoch": epoch,
        "lr": recipe.learning_rate(progress.step - 1, total),
        "train_loss": progress.loss_sum / steps,
        "valid_loss": evaluate(model, valid, recipe, device),
        "seconds": round(progress.seconds, 2),
    }
    progress.history.append(row)
    progress.loss_sum = 0.0
    if epoch > recipe.epochs - recipe.average:
        for name, value in model.state_dict().items():
            progress.averaged[name] = progress.averaged.get(name, 0) + value.cpu() / recipe.average
    if not dist.is_initialized() or dist.get_rank() == 0:
        tqdm.write("  ".join(f"{k} {v:.4g}" if isinstance(v, float) else f"{k} {v}" for k, v in row.items()))


def report(model, recipe: Recipe, task: Task, device, progress: Progress, out: Path, beam: int) -> dict:
    """换上平均后的权重，翻译测试集，画图、写日志，返回 RESULT。"""
    model.load_state_dict(progress.averaged)
    save_state(out / "model.safetensors", description(recipe, task) | {"model": model.state_dict()})
    sources, references = zip(*task.test)
    outputs = translate(model, list(sources), *task.tokenizers, beam=beam)
    for source, output, reference in list(zip(sources, outputs, references))[:8]:
        print(f"  {source}  ->  {output}" + ("" if output == reference else f"    （应当是 {reference}）"))
    result = {
        "task": task.name,
        "parameters": count_parameters(model),
        "epochs": recipe.epochs,
        "precision": recipe.precision,
        **score(bool(task.vocab_size), outputs, references),
        "valid_loss": evaluate(model, encode_pairs(task.valid, *task.tokenizers, MAX_LENGTH), recipe, device),
        "train_loss": progress.history[-1]["train_loss"],
        "seconds": round(progress.seconds, 1),
        "checkpoint": str(out / "model.safetensors"),
    }
    result["curve"] = [{key: row[key] for key in ("epoch", "train_loss", "valid_loss")} for row in progress.history]
    draw_curves({task.name: progress.history}, out / "curves.png")
    write_logs(progress.history, {**result, "recipe": asdict(recipe)}, out)
    return result


def start_process_group(device: torch.device) -> torch.device:
    """在 torchrun 下加入进程组；单进程时什么也不做。"""
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        return device
    dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
    return torch.device("cuda", int(os.environ["LOCAL_RANK"])) if device.type == "cuda" else device


def settle_precision(recipe: Recipe, device: torch.device) -> Recipe:
    """auto 换成这台机器上更快的那一种：检查点里记的是真正用的精度。"""
    if recipe.precision == "auto":
        return replace(recipe, precision="bf16" if has_fast_bf16(device) else "fp32")
    return recipe


def main(argv=None) -> dict:
    parser = Parser(__doc__)
    add_task_options(parser)
    add_training_options(parser)
    common_options(parser, __file__)
    args = parser.parse_args(argv)
    recipe = recipe_from(args, parser.get_default("out"))
    device = start_process_group(pick_device(args.device))
    recipe = settle_precision(recipe, device)
    first = not dist.is_initialized() or dist.get_rank() == 0
    output_dir(args.out)
    task = task_from(args)
    model, optimizer = build(recipe, task, device)
    path = args.out / "last.safetensors"
    progress = resume(path, model, optimizer, recipe, task) if args.resume else Progress()
    if first:
        print(f"配方：{asdict(recipe)}")
        print(f"{count_parameters(model):,} 个参数，设备 {device}，精度 {recipe.precision}")
        print(f"{task.name}：训练 {len(task.train)} 句，验证 {len(task.valid)} 句，测试 {len(task.test)} 句")
    try:
        fit(model, optimizer, recipe, task, device, progress, args)
        result = report(model, recipe, task, device, progress, args.out, args.beam) if first else {}
    finally:
        if dist.is_initialized():
            dist.destroy_process_group()
    return emit_result(result) if first else result


if __name__ == "__main__":
    run(main)
