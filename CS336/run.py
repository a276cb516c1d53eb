"""一条命令，从文字到会写字的模型：清洗 -> 训练分词器 -> 编码 -> 训练 -> 评估 -> 生成。

教什么：整个流程与写在明处的训练循环；困惑度、每字符比特、词/秒、MFU；逐位相同的续训；torchrun。
不教什么：每一步的零件（`cleaning.py` `prepare.py` `Transformer/` `evaluation.py`）。
怎么跑：
  python CS336/run.py                         Python 的文档，两核 CPU 约 2 分钟
  python CS336/run.py --smoke                 10 秒内跑通，写在 outputs/CS336/run/smoke
  python CS336/run.py --corpus notes          本书的笔记（中文）
  python CS336/run.py --corpus shakespeare --download
  python CS336/run.py --corpus file --data 你的.txt
  python CS336/run.py --corpus tinystories --download --full    讲义的 2270 万参数；要一块 GPU，CPU 上要十几个小时
  torchrun --nproc_per_node=2 CS336/run.py    两个进程（CPU 用 gloo，GPU 用 nccl）
有一块 GPU 时：--device auto 会用它，别的都不变。中断后加 --resume 接着训，结果与不中断的逐位相同。
写出来的模型用 `python CS336/generate.py` 接着玩。对应笔记：`workflow.md`。
"""

import os
import time
from dataclasses import asdict, fields, replace
from pathlib import Path

import torch
import torch.distributed as dist
from torch import Tensor, nn
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
    output_dir,
    pick_device,
    positive_int,
    run,
    seed_everything,
    seeded,
)
from CS336.config import Config, add_config_options, build_model, config_for
from CS336.corpora import PROMPTS, add_corpus_options, load_corpus
from CS336.evaluation import mean_loss, scores
from CS336.prepare import Prepared, fingerprint_of, prepare
from CS336.progress import Progress, resume, save
from CS336.report import report, write_sample
from CS336.Transformer.checkpoint import read_checkpoint
from CS336.Transformer.data import get_batch
from CS336.Transformer.functional import cross_entropy
from CS336.Transformer.model import TransformerLM, count_parameters
from CS336.Transformer.optimizer import AdamW, clip_grad_norm_


def build_optimizer(model: nn.Module, config: Config) -> AdamW:
    """矩阵做权重衰减，RMSNorm 的增益不做：把增益拉向 0 没有道理。"""
    matrices = [p for p in model.parameters() if p.dim() > 1]
    gains = [p for p in model.parameters() if p.dim() == 1]
    groups = [{"params": matrices, "weight_decay": config.weight_decay}, {"params": gains, "weight_decay": 0.0}]
    return AdamW(groups, lr=config.lr, betas=(0.9, config.beta2))


def train_step(network: nn.Module, optimizer: AdamW, config: Config, tokens, step: int, device) -> Tensor:
    """一步：取一批、前向、反向、裁剪、更新；返回这一步的平均损失。"""
    rank, world = (dist.get_rank(), dist.get_world_size()) if dist.is_initialized() else (0, 1)
    # 取哪些片段只由 (种子, 步数) 决定：续训不必存随机数的状态，几个进程也能算出同一批
    x, y = get_batch(tokens, config.batch_size, config.context_length, device, seeded(config.seed, "batch", step))
    x, y = x[rank::world], y[rank::world]  # (B, T) -> (B/world, T)
    for group in optimizer.param_groups:
        group["lr"] = config.learning_rate(step)
    with torch.autocast(device.type, torch.bfloat16, enabled=config.precision == "bf16"):
        logits = network(x)  # (B, T) -> (B, T, V)
    loss = cross_entropy(logits.float(), y)  # 对数与指数在 float32 里算
    optimizer.zero_grad()
    loss.backward()
    if config.clip:
        clip_grad_norm_(network.parameters(), config.clip)
    optimizer.step()
    return loss.detach()


def fit(model: TransformerLM, optimizer, config: Config, data: Prepared, device, progress: Progress, args) -> None:
    """训练循环：从 progress.step 走到 config.steps，每 eval_every 步评估一次、存一次。"""
    rank, world = (dist.get_rank(), dist.get_world_size()) if dist.is_initialized() else (0, 1)
    network = DistributedDataParallel(model) if world > 1 else model
    bar = tqdm(total=config.steps, initial=progress.step, desc="训练", unit="步", disable=True if rank else None)
    with interruptible() as stop:
        while progress.step < config.steps:
            started = time.perf_counter()
            progress.loss_sum += train_step(network, optimizer, config, data.train, progress.step, device).item()
            progress.step += 1
            progress.seconds += time.perf_counter() - started
            bar.update()
            if progress.step % args.eval_every == 0 or progress.step == config.steps:
                end_period(model, config, data, device, progress, args.eval_every, bar)
                if rank == 0:
                    save(args.out / "last.pt", model, optimizer, config, data, progress)
            if stop.is_set():
                if rank == 0:
                    save(args.out / "last.pt", model, optimizer, config, data, progress)
                raise KeyboardInterrupt(f"进度在 {args.out / 'last.pt'}，同样的命令加 --resume 接着训")
    bar.close()


def end_period(model, config: Config, data: Prepared, device, progress: Progress, every: int, bar) -> None:
    """评估一次，记一行历史。"""
    steps = progress.step - (progress.history[-1]["step"] if progress.history else 0)
    loss = mean_loss(model, data.valid, config.context_length, device, config.precision)
    row = {
        "step": progress.step,
        "lr": config.learning_rate(progress.step - 1),
        "train_loss": progress.loss_sum / steps,
        "val_loss": loss,
        "bits_per_char": scores(loss, len(data.valid), data.characters, data.bytes)["bits_per_char"],
        "tokens_per_second": progress.step * config.batch_size * config.context_length / progress.seconds,
    }
    progress.history.append(row)
    progress.loss_sum = 0.0
    if not bar.disable:
        bar.set_postfix(损失=f"{loss:.3f}", 困惑度=f"{torch.tensor(loss).exp():.1f}")
    if not dist.is_initialized() or dist.get_rank() == 0:
        tqdm.write("  ".join(f"{k} {v:.4g}" if isinstance(v, float) else f"{k} {v}" for k, v in row.items()))


def start_process_group(device: torch.device) -> torch.device:
    """在 torchrun 下加入进程组；单进程时什么也不做。"""
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        return device
    dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
    return torch.device("cuda", int(os.environ["LOCAL_RANK"])) if device.type == "cuda" else device


def refuse_other_data(path: Path, fingerprint: str) -> None:
    """续训时先比摘要再准备数据：`prepare` 会盖掉 data/ 里的分词器，已有的模型就读不出了。"""
    if read_checkpoint(path).get("data", fingerprint) != fingerprint:
        rule = "续训要用同样的语料与 --vocab-size，想换就去掉 --resume 并换一个 --out"
        raise CheckpointError(f"{path} 训练时的语料与现在的不同，或者词表的大小不同；{rule}")


def prepare_everywhere(args, config: Config) -> Prepared:
    """0 号进程准备数据，别的等它写完再读。"""
    rank = dist.get_rank() if dist.is_initialized() else 0
    corpus = load_corpus(args.corpus, args.data, args.download and rank == 0)
    if args.smoke:
        corpus = replace(corpus, train=[text[:2000] for text in corpus.train[:20]], valid=[corpus.valid[0][:2000]])
    if args.resume:
        refuse_other_data(args.out / "last.pt", fingerprint_of(corpus, config))
    data = prepare(corpus, config, args.out / "data") if rank == 0 else None
    if dist.is_initialized():
        dist.barrier()
    data = data or prepare(corpus, config, args.out / "data")
    if len(data.train) <= config.context_length or len(data.valid) < 2:
        sizes = f"训练部分 {len(data.train)} 个词，验证部分 {len(data.valid)} 个词"
        raise UserError(f"{sizes}，至少要 {config.context_length + 1} 与 2 个；换长一点的文字，或减小 --context-length")
    if rank == 0:
        print("清洗后的字符数：" + "，".join(f"{name} {size:,}" for name, size in corpus.sizes.items()))
        print(f"{data.vocab_size} 个词元；训练 {len(data.train):,} 个词，验证 {len(data.valid):,} 个词")
    return data


def options(argv) -> tuple:
    """命令行 -> (args, config)。"""
    parser = Parser(__doc__)
    add_corpus_options(parser)
    add_config_options(parser)
    parser.add_argument("--quick", action="store_true", help="更短，数字仍有意义（make tour 用）")
    parser.add_argument("--full", action="store_true", help="更长；tinystories 用讲义的大小")
    parser.add_argument("--resume", action="store_true", help="从 --out 里的 last.pt 接着训")
    parser.add_argument(
        "--eval-every", type=positive_int, default=200, metavar="N", help="每几步评估并存一次，默认 200"
    )
    common_options(parser, __file__)
    args = parser.parse_args(argv)
    mode = next((mode for mode in ("smoke", "quick", "full") if getattr(args, mode)), "")
    names = {f.name for f in fields(Config)} - {"corpus"}
    config = config_for(args.corpus, mode, **{name: value for name, value in vars(args).items() if name in names})
    if args.smoke and args.out == parser.get_default("out"):
        args.out = args.out / "smoke"  # 别盖掉训好的模型
    return args, config


def main(argv=None) -> dict:
    args, config = options(argv)
    started = time.perf_counter()
    device = start_process_group(pick_device(args.device))
    first = not dist.is_initialized() or dist.get_rank() == 0
    if config.precision == "auto":
        config = replace(config, precision="bf16" if has_fast_bf16(device) else "fp32")
    if args.resume and not (args.out / "last.pt").is_file():  # 先看有没有：准备数据可能要几分钟
        rule = "续训要先训练过一次，--out 与那一次的相同"
        raise CheckpointError(f"找不到检查点 {args.out / 'last.pt'}；{rule}；第一次训练就去掉 --resume")
    output_dir(args.out)
    try:
        data = prepare_everywhere(args, config)
        seed_everything(config.seed)
        model = build_model(config, data.vocab_size, device)
        optimizer = build_optimizer(model, config)
        progress = resume(args.out / "last.pt", model, optimizer, config, data) if args.resume else Progress()
        if first:
            print(f"设定：{asdict(config)}\n{count_parameters(model):,} 个参数，设备 {device}，精度 {config.precision}")
        if not progress.first_sample and first:
            progress.first_sample = write_sample(model, data.tokenizer, PROMPTS[config.corpus], config.seed, 30)
        fit(model, optimizer, config, data, device, progress, args)
        result = report(model, config, data, device, progress, args.out, started) if first else {}
    finally:
        if dist.is_initialized():
            dist.destroy_process_group()
    return emit_result(result) if first else result


if __name__ == "__main__":
    run(main)
