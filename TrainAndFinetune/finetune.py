"""微调：一份对话数据、一个模型、一种方法，从读数据到评分一条命令。

教什么：写在明处的训练循环；装之前先算内存；逐位相同的续训；torchrun 与 accelerate 下的 DDP、FSDP。
不教什么：数据怎样编码（`tuning/`）、每种方法怎样写（`methods/`）。
怎么跑：
  python TrainAndFinetune/finetune.py                          小模型、全参数、用药问题的任务，两核约 2 分钟
  python TrainAndFinetune/finetune.py --method lora --set rank=16
  python TrainAndFinetune/finetune.py --data 你的.jsonl         每行 {"messages": [...]}；留一成作验证
  python TrainAndFinetune/finetune.py --model gemma --method lora   2.7 亿参数，两核几十分钟，约要 3 GiB
  python TrainAndFinetune/finetune.py --smoke                  10 秒内跑通
  torchrun --nproc_per_node=2 TrainAndFinetune/finetune.py --parallel fsdp
有一块 GPU 时：--device auto 会用它，别的都不变。中断后加 --resume 接着训，结果与不中断的逐位相同。
对应笔记：`4_full.md`。
"""

import math
import time
from dataclasses import asdict, replace
from pathlib import Path

import torch
import torch.distributed as dist
from torch import nn
from tqdm import tqdm

from book import (
    CheckpointError,
    Parser,
    UserError,
    common_options,
    emit_result,
    interruptible,
    output_dir,
    pick_device,
    repository_root,
    run,
    seed_everything,
    write_logs,
)
from TrainAndFinetune.methods import save_adapter, trainable
from TrainAndFinetune.tuning.batching import Batch, answer_tokens, collate, collate_packed, epoch_batches
from TrainAndFinetune.tuning.chat import IGNORE, Example
from TrainAndFinetune.tuning.evaluate import grade, longest_answer, mean_loss, write_answers
from TrainAndFinetune.tuning.inputs import Data, base_config, load_data, load_model
from TrainAndFinetune.tuning.memory import GIB, check_memory
from TrainAndFinetune.tuning.options import add_finetune_options
from TrainAndFinetune.tuning.parallel import any_process, full_state, ranks, start_process_group, wrap
from TrainAndFinetune.tuning.progress import Progress, fingerprint, resume, save
from TrainAndFinetune.tuning.settings import (
    Settings,
    best_precision,
    freeze_as_stored,
    install,
    parse_option,
    recompute,
)


# region train_step
def train_step(network, optimizer, settings: Settings, rows: Batch, rate: float, pad_id: int, device) -> float:
    """一步：取自己的几行、前向、反向、裁剪、更新；返回自己那几行的损失之和。"""
    rank, world = ranks()
    mine = rows[rank::world] or [[Example(rows[0][0].ids, [IGNORE] * len(rows[0][0]))]]  # 行不够分，也要陪着通信
    batch = collate_packed(mine, pad_id) if settings.pack else collate([row[0] for row in mine], pad_id)
    for group in optimizer.param_groups:
        group["lr"] = rate
    with torch.autocast(device.type, torch.bfloat16, enabled=settings.precision == "bf16"):
        loss, tokens = network({key: value.to(device) for key, value in batch.items()})
    total = loss * tokens
    optimizer.zero_grad()
    # 除以全部进程的答案词元；DDP 与 FSDP 又除以进程数，先乘回来。各进程先平均再平均，答案少的就被放大了
    (total * world / answer_tokens(rows)).backward()
    if settings.clip:
        nn.utils.clip_grad_norm_([p for p in network.parameters() if p.requires_grad], settings.clip)
    optimizer.step()
    return total.item()


# endregion


def evaluate_period(network, settings: Settings, data: Data, device, progress: Progress, rate: float) -> None:
    """算一次验证损失，记一行历史。"""
    totals = torch.tensor([progress.loss_sum, float(progress.loss_tokens)], dtype=torch.float64)
    if dist.is_initialized():
        totals = totals.to(device)
        dist.all_reduce(totals)
        totals[1] /= ranks()[1]  # 词元是按整批数的，每个进程都一样
    row = {"step": progress.step, "lr": rate}
    row["train_loss"] = (totals[0] / totals[1].clamp(min=1)).item() if progress.step else None
    row["dev_loss"] = mean_loss(network, data.dev, data.pad_id, device, settings.precision)
    progress.history.append(row)
    progress.loss_sum, progress.loss_tokens = 0.0, 0
    if ranks()[0] == 0:
        tqdm.write("  ".join(f"{k} {v:.4g}" if isinstance(v, float) else f"{k} {v}" for k, v in row.items()))


def fit(model, network, optimizer, settings: Settings, data: Data, device, progress: Progress, args) -> int:
    """训练循环：走到总步数，每 eval_every 步评估并存一次；返回总步数。"""
    per_epoch = len(epoch_batches(settings, data.train, 0))  # 每轮一样多：分批只看长度
    steps, mark, path = settings.steps or settings.epochs * per_epoch, fingerprint(data.train), args.out / "last.ckpt"
    first = ranks()[0] == 0
    if not progress.history:
        evaluate_period(network, settings, data, device, progress, 0.0)
    bar = tqdm(total=steps, initial=progress.step, desc="微调", unit="步", disable=None if first else True)
    epoch, batches = -1, []
    model.train()
    with interruptible() as stop:
        while progress.step < steps:
            if progress.step // per_epoch != epoch:
                epoch = progress.step // per_epoch
                batches = epoch_batches(settings, data.train, epoch)
            rows, started = batches[progress.step % per_epoch], time.perf_counter()
            rate = settings.learning_rate(progress.step, steps)
            total = train_step(network, optimizer, settings, rows, rate, data.pad_id, device)
            if not math.isfinite(total):
                raise UserError(
                    f"第 {progress.step} 步的损失是 {total}：学习率 {settings.peak:g} 太大；试试它的三分之一"
                )
            progress.step += 1
            progress.seconds += time.perf_counter() - started
            progress.loss_sum += total
            progress.loss_tokens += answer_tokens(rows)
            progress.tokens += sum(len(example) for row in rows for example in row)
            bar.update()
            stopping, due = any_process(stop.is_set(), device), progress.step % args.eval_every == 0
            if due or progress.step == steps:
                evaluate_period(network, settings, data, device, progress, rate)
            if due or progress.step == steps or stopping:
                save(path, model, optimizer, settings, mark, progress)
            if stopping and progress.step < steps:
                raise KeyboardInterrupt(f"进度在 {path}，同样的命令加 --resume 接着训")
    bar.close()
    return steps


def whole_model(model, optimizer, settings: Settings, data: Data, device):
    """能在一个进程里生成的模型：FSDP 切开了的，在 0 号进程收齐、装进一个新的。"""
    if ranks()[1] == 1 or settings.parallel == "ddp":
        return model
    weights, _ = full_state(model, optimizer)
    if ranks()[0]:
        return None
    whole = install(load_model(settings.model)[0].to(device), settings, data.init_ids)
    whole.load_state_dict(weights, strict=False)
    return whole


def report(model, settings: Settings, data: Data, steps: int, progress: Progress, args) -> dict:
    """写验证题、评分、存成品，返回 RESULT 的内容。"""
    limit = 2 * longest_answer(data.dev) + 8
    rows = data.dev_rows[: args.graded]
    written = write_answers(model, data.tokenizer, rows, limit, data.score)
    for row, answer in list(zip(rows, written))[:3]:
        print(f"问：{row['messages'][-2]['content']}\n答：{answer.text}  {'对' if answer.right else '错'}")
    saved = args.out.resolve() / ("model" if settings.method == "full" else "adapter")
    if saved.is_relative_to(repository_root()):  # RESULT 会记下来：不写这台机器的绝对路径
        saved = saved.relative_to(repository_root())
    if settings.method == "full":
        model.save_pretrained(args.out / "model")
        data.tokenizer.save_pretrained(args.out / "model")
    else:
        save_adapter(model, args.out / "adapter")
    use = f"--model {saved}" if settings.method == "full" else f"--model {settings.model} --adapter {saved}"
    print(f"成品在 {saved}；用它：python TrainAndFinetune/generate.py {use} --chat --prompt 你的问题")
    result = {
        "model": Path(settings.model).name, "method": settings.method, "lr": settings.peak, "steps": steps,
        "trained_parameters": sum(p.numel() for p in trainable(model).values()),
        "train_loss": progress.history[-1]["train_loss"], "dev_loss_before": progress.history[0]["dev_loss"],
        "dev_loss": progress.history[-1]["dev_loss"], **grade(written), "repeated": data.repeated,
        "tokens_per_second": progress.tokens / progress.seconds, "seconds": progress.seconds,
        "saved": str(saved),
    }  # fmt: skip
    write_logs(progress.history, {"settings": asdict(settings), **result}, args.out)
    return result


def options(argv) -> tuple:
    """命令行 -> (args, settings)。"""
    parser = Parser(__doc__)
    add_finetune_options(parser)
    common_options(parser, __file__)
    args = parser.parse_args(argv)
    if args.dev is not None and args.data is None:
        raise UserError("--dev 要与 --data 一起给；随书的任务自带验证题")
    if args.smoke:
        args.rows, args.graded, args.steps = 24, 4, args.steps or 3
        if args.out == parser.get_default("out"):
            args.out = args.out / "smoke"  # 别盖掉训好的模型
    if args.quick:
        args.rows, args.graded, args.epochs = min(args.rows, 800), min(args.graded, 100), min(args.epochs, 2)
    chosen = {name: getattr(args, name) for name in asdict(Settings()) if hasattr(args, name)}
    return args, Settings(**chosen | {"options": tuple(parse_option(text, args.method) for text in args.set)})


def train(args, settings: Settings, device) -> dict:
    """读数据、算内存、装模型、训练、评分；返回结果（只有 0 号进程的有内容）。"""
    first, path = ranks()[0] == 0, args.out / "last.ckpt"
    data = load_data(args, settings)
    share = sum(answer_tokens([[e]]) for e in data.train) / sum(map(len, data.train))
    parts = check_memory(base_config(settings.model), settings, device, share, ranks()[1])
    seed_everything(settings.seed)
    model = install(load_model(settings.model)[0].to(device), settings, data.init_ids)
    if settings.frozen_bf16:
        freeze_as_stored(model)
    if settings.checkpointing:
        recompute(model)
    if first:
        trained, total = sum(p.numel() for p in trainable(model).values()), sum(p.numel() for p in model.parameters())
        print(f"{asdict(settings)}\n训练 {trained:,} / {total:,} 个参数，设备 {device}，精度 {settings.precision}")
        print(f"训练 {len(data.train)} 条，验证 {len(data.dev)} 条；内存约 {parts['sum'] / GIB:.2f} GiB")
    network = wrap(model, settings.parallel, device)
    # 学习率每步现设；不分组：weight_decay 默认是 0
    optimizer = torch.optim.AdamW(trainable(model).values(), lr=0.0, weight_decay=settings.weight_decay)
    mark = fingerprint(data.train)
    progress = resume(path, model, optimizer, settings, mark) if args.resume else Progress()
    steps = fit(model, network, optimizer, settings, data, device, progress, args)
    whole = whole_model(model, optimizer, settings, data, device)
    return report(whole, settings, data, steps, progress, args) if first else {}


def main(argv=None) -> dict:
    args, settings = options(argv)
    ours = not dist.is_initialized()  # 启动器建好的进程组由它拆
    device = start_process_group(pick_device(args.device))
    try:
        if settings.precision == "auto":
            settings = replace(settings, precision=best_precision(device, settings.model))
        if args.resume and not (args.out / "last.ckpt").is_file():
            rule = "续训要先训练过一次，--out 与那一次的相同；第一次训练就去掉 --resume"
            raise CheckpointError(f"找不到检查点 {args.out / 'last.ckpt'}；{rule}")
        output_dir(args.out)
        result = train(args, settings, device)
    finally:
        if ours and dist.is_initialized():
            dist.destroy_process_group()
    return emit_result(result) if result else result


if __name__ == "__main__":
    run(main)
