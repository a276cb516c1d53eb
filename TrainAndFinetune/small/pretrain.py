"""预训练小模型：语料与分词器也由这里造，存成 bf16 的 safetensors。

教什么：从零得到一个能续写的小模型；断点续训逐位相同；分片存放，每个文件小于 2 MB。
不教什么：训练循环的道理（第 4 章）、微调（`TrainAndFinetune/compare.py`）。
怎么跑：
  python TrainAndFinetune/small/pretrain.py           300 步看损失下降（一个线程约 2 分钟），不动随书的权重
  python TrainAndFinetune/small/pretrain.py --full    随书的那一次（一个线程约 18 分钟，中断了再跑就接着训）
  python TrainAndFinetune/small/pretrain.py --smoke   10 秒
对应笔记：`8_compare.md`。
"""

import hashlib
import math
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import Tensor
from tqdm import tqdm
from transformers import Gemma3ForCausalLM

from book import (
    Parser,
    atomic_write,
    common_options,
    emit_result,
    has_fast_bf16,
    interruptible,
    load_state,
    output_dir,
    pick_device,
    run,
    save_state,
    seeded,
)
from TrainAndFinetune.small.corpus import HELD_OUT, HELD_OUT_TEXT, generated, notes
from TrainAndFinetune.small.loading import Size, new_model, train_tokenizer, wrap


@dataclass(frozen=True)
class Plan:
    """一次预训练。"""

    steps: int = 2000
    batch_size: int = 16  # 一步几段
    length: int = 256  # 一段几个词元
    lr: float = 3e-3
    warmup: int = 100
    weight_decay: float = 0.1
    note_share: float = 0.1  # 笔记占几成；占两成时背了下来，没见过的笔记反而更差
    seed: int = 0
    size: Size = Size()

    def rate(self, step: int) -> float:
        """学习率：线性预热，余弦降到一成。"""
        if step < self.warmup:
            return self.lr * (step + 1) / self.warmup
        done = (step - self.warmup) / max(1, self.steps - self.warmup)
        return self.lr * (0.1 + 0.45 * (1 + math.cos(math.pi * done)))


class Stream:
    """第 step 步的批只由 (种子, 步数) 决定：续训不必存读到了哪里。"""

    def __init__(self, plan: Plan, tokenizer):
        self.plan, self.tokenizer, self.notes = plan, tokenizer, notes()

    def document(self, index: int, generator: torch.Generator) -> list[int]:
        """一篇 -> 编号。五分之一用 turn 的特殊词元包起来：没见过的词元，嵌入只是随机数，冻住以后谁也用不了。"""
        share, wrapped = torch.rand(2, generator=generator).tolist()
        if share < self.plan.note_share:
            text = self.notes[index * 7919 % len(self.notes)]
        else:
            text = generated(index, self.plan.seed)
        ids = self.tokenizer(text).input_ids
        return [4, *ids, 5] if wrapped < 0.2 else [2, *ids, 1]  # <start_of_turn> … <end_of_turn> 或 <bos> … <eos>

    def row(self, step: int, number: int) -> list[int]:
        """几篇接起来，切到 length + 1。"""
        generator, ids, i = seeded(self.plan.seed, "row", step, number), [], 0
        while len(ids) <= self.plan.length:
            ids += self.document((step * self.plan.batch_size + number) * 64 + i, generator)
            i += 1
        return ids[: self.plan.length + 1]

    def batch(self, step: int) -> Tensor:
        """(B, T+1)"""
        return torch.tensor([self.row(step, number) for number in range(self.plan.batch_size)])


def next_token_loss(model: Gemma3ForCausalLM, ids: Tensor, bf16: bool) -> Tensor:
    """(B, T+1) -> 平均损失，nat 每词元。"""
    with torch.autocast(ids.device.type, torch.bfloat16, enabled=bf16):
        logits = model(input_ids=ids[:, :-1], use_cache=False).logits  # (B, T) -> (B, T, V)
    return torch.nn.functional.cross_entropy(logits.float().flatten(0, 1), ids[:, 1:].flatten())


@torch.inference_mode()
def held_out_loss(model, tokenizer, texts: list[str], bf16: bool, device) -> float:
    """没见过的文字，bit 每字符。"""
    nats = characters = 0
    for text in texts:
        ids = torch.tensor([[2, *tokenizer(text).input_ids[:400]]], device=device)
        nats += next_token_loss(model, ids, bf16).item() * (ids.shape[1] - 1)
        characters += len(tokenizer.decode(ids[0, 1:].tolist()))
    return nats / math.log(2) / characters


def held_out_texts(count: int = 40) -> dict[str, list[str]]:
    """两种没见过的文字：同一个生成器的新文章，留出的那篇笔记。"""
    note = HELD_OUT_TEXT.read_text(encoding="utf-8")
    return {
        "domain": [generated(HELD_OUT + i) for i in range(count)],
        "notes": [note[i : i + 300] for i in range(0, min(300 * count, len(note)), 300)],
    }


def build_optimizer(model, plan: Plan) -> torch.optim.AdamW:
    """矩阵做权重衰减，增益不做。"""
    matrices = [p for p in model.parameters() if p.dim() > 1]
    gains = [p for p in model.parameters() if p.dim() == 1]
    groups = [{"params": matrices, "weight_decay": plan.weight_decay}, {"params": gains, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=plan.lr, betas=(0.9, 0.95), fused=True)


def train(model, tokenizer, plan: Plan, path: Path, bf16: bool, device, save_every: int = 100) -> list[float]:
    """训练循环；每 save_every 步存一次，path 在就接着训。返回每步的损失。"""
    stream, optimizer, losses = Stream(plan, tokenizer), build_optimizer(model, plan), []
    key = hashlib.sha256(
        repr((asdict(plan), bf16, sorted(tokenizer.get_vocab().items()), stream.notes)).encode()
    ).hexdigest()
    if path.is_file() and (state := load_state(path))["key"] == key:
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        losses = state["losses"]
        print(f"从第 {len(losses)} 步接着训")
    bar = tqdm(total=plan.steps, initial=len(losses), desc="预训练", unit="步", disable=None)
    with interruptible() as stop:
        while len(losses) < plan.steps:
            for group in optimizer.param_groups:
                group["lr"] = plan.rate(len(losses))
            loss = next_token_loss(model, stream.batch(len(losses)).to(device), bf16)
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            losses.append(loss.item())
            bar.update()
            if len(losses) % save_every == 0 or len(losses) == plan.steps or stop.is_set():
                states = {"model": model.state_dict(), "optimizer": optimizer.state_dict()}
                save_state(path, {"key": key, "losses": losses, **states})
                tqdm.write(f"第 {len(losses)} 步，损失 {sum(losses[-save_every:]) / len(losses[-save_every:]):.3f}")
            if stop.is_set():
                raise KeyboardInterrupt("进度存好了，同样的命令接着训")
    return losses


def save_small(model, tokenizer, folder: Path) -> int:
    """存成 bf16，每片小于 2 MB；返回字节数。"""
    output_dir(folder)
    for old in folder.glob("model*"):
        old.unlink()
    model.to(torch.bfloat16).save_pretrained(folder, max_shard_size="1900KB")
    (folder / "generation_config.json").unlink(missing_ok=True)
    tokenizer.backend_tokenizer.save(str(folder / "tokenizer.json"))
    return sum(path.stat().st_size for path in folder.glob("model*"))


def prepare_tokenizer(out: Path, plan: Plan, count: int):
    """out 里有就读，没有就用笔记与 count 篇生成的文章训练一个。"""
    path = out / "tokenizer.json"
    if not path.is_file():
        texts = notes()[: count // 2] + [generated(i, plan.seed) for i in range(count)]
        atomic_write(path, train_tokenizer(texts, plan.size.vocab_size).backend_tokenizer.to_str().encode())
    return wrap(Tokenizer.from_file(str(path)))


def main(argv=None) -> dict:
    parser = Parser(__doc__)
    parser.add_argument("--full", action="store_true", help="随书的那一次：2000 步")
    common_options(parser, __file__)
    args = parser.parse_args(argv)
    kind = "smoke" if args.smoke else "full" if args.full else "short"  # 各一个文件夹，短的不盖掉长的
    device, out = pick_device(args.device), output_dir(args.out / kind)
    plan = Plan(seed=args.seed) if args.full else Plan(steps=300, seed=args.seed)
    if args.smoke:
        plan = replace(plan, steps=2, batch_size=2, length=32, size=Size(400, 32, 2, 48, 2, 16))
    bf16, tokenizer = has_fast_bf16(device), prepare_tokenizer(out, plan, 50 if args.smoke else 8000)
    model = new_model(plan.size, plan.seed).to(device)
    parameters = sum(p.numel() for p in model.parameters())
    print(f"{plan}\n{parameters:,} 个参数，{len(tokenizer)} 个词元，设备 {device}，{'bf16' if bf16 else 'float32'}")
    losses = train(model, tokenizer, plan, out / "last.safetensors", bf16, device)
    texts = held_out_texts(3 if args.smoke else 40)
    bits = {f"{k}_bits": held_out_loss(model.eval(), tokenizer, v, bf16, device) for k, v in texts.items()}
    size = save_small(model, tokenizer, out / "model")
    return emit_result({
        "parameters": parameters, "tokens": plan.steps * plan.batch_size * plan.length, "steps": plan.steps,
        "vocabulary": len(tokenizer), "loss": losses[-1], "loss_start": losses[0], "bytes": size, **bits,
    })  # fmt: skip


if __name__ == "__main__":
    run(main)
