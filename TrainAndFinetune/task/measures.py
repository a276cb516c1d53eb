"""对照实验的尺子：答对几题、训练时的内存、优化器的字节、adapter 的大小、忘了多少。

教什么：贪心写得全对，当且仅当每一步的 argmax 都对，所以一次前向就数得出准确率；内存按活着的张量数，换台机器也一样。
不教什么：怎样训练（`trial.py`）。
不是脚本。对应笔记：`8_compare.md`。
"""

import math
import tempfile
import weakref
from collections.abc import Callable
from pathlib import Path

import torch
from safetensors.torch import save_model
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from TrainAndFinetune.methods import save_adapter
from TrainAndFinetune.tuning.chat import IGNORE
from TrainAndFinetune.tuning.loss import answer_logits

Z = 1.959964  # 正态分布的 97.5 % 分位


def wilson(right: int, total: int) -> tuple[float, float]:
    """比例的 95 % Wilson 区间：0 / n 与 n / n 也不会缩成一个点。

    >>> [round(x, 3) for x in wilson(0, 100)]
    [0.0, 0.037]
    """
    p, centre = right / total, (right + Z * Z / 2) / (total + Z * Z)
    half = Z / (total + Z * Z) * math.sqrt(total * p * (1 - p) + Z * Z / 4)
    return max(0.0, centre - half), min(1.0, centre + half)


@torch.inference_mode()
def first_errors(model, batch: dict, bf16: bool) -> tuple[Tensor, float, int]:
    """(每一行贪心地写，第几个答案词元起与标准答案不同 (B,)，-1 是一字不差；平均损失；答案词元的个数)。

    只要一次前向：前面的都对，下一步看到的前文就与标准答案相同，逐步归纳。
    """
    with torch.autocast(batch["input_ids"].device.type, torch.bfloat16, enabled=bf16):
        logits, targets = answer_logits(model, batch)  # (N, V)、(N,)，逐行排下来
    wrong = torch.zeros_like(batch["labels"][:, 1:], dtype=torch.bool)
    answer = batch["labels"][:, 1:] != IGNORE  # (B, T-1)
    wrong[answer] = logits.argmax(-1) != targets
    first = wrong.int().argmax(1) - answer.int().argmax(1)  # (B,) 从答案的第一个词元数起
    loss = nn.functional.cross_entropy(logits.float(), targets).item()
    return first.masked_fill(~wrong.any(1), -1), loss, len(targets)


@torch.inference_mode()
def write(model, tokenizer, prompt: str, limit: int = 80, bf16: bool = False) -> str:
    """贪心地续写到 <end_of_turn>，不用缓存：慢，但哪种方法都一样对。"""
    ids = tokenizer(prompt, add_special_tokens=False).input_ids
    end, start = tokenizer.convert_tokens_to_ids("<end_of_turn>"), len(ids)
    device = next(model.parameters()).device
    while len(ids) - start < limit:
        with torch.autocast(device.type, torch.bfloat16, enabled=bf16):
            logits = model(input_ids=torch.tensor([ids], device=device), use_cache=False, logits_to_keep=1).logits
        ids.append(logits[0, -1].argmax().item())
        if ids[-1] == end:
            return tokenizer.decode(ids[start:-1])
    return tokenizer.decode(ids[start:])


@torch.inference_mode()
def perplexity(model, tokenizer, text: str, bf16: bool, piece: int = 300) -> float:
    """与任务无关的文字的困惑度，每 piece 个字符一段，每段以 <bos> 开头。"""
    nats = count = 0
    device = next(model.parameters()).device
    for start in range(0, len(text), piece):
        ids = [tokenizer.bos_token_id, *tokenizer(text[start : start + piece], add_special_tokens=False).input_ids]
        ids = torch.tensor([ids], device=device)
        with torch.autocast(device.type, torch.bfloat16, enabled=bf16):
            logits = model(input_ids=ids[:, :-1], use_cache=False).logits  # (1, T) -> (1, T, V)
        nats += nn.functional.cross_entropy(logits[0].float(), ids[0, 1:], reduction="sum").item()
        count += ids.shape[1] - 1
    return math.exp(nats / count)


class LiveBytes(TorchDispatchMode):
    """`with LiveBytes(已有的张量) as live`：之后 live.peak 是同时活着的张量最多占过几个字节。

    数的是张量的存储，不是进程的内存：没有分配器的碎片，同样的一步总得到同样的数。算子内部的临时内存看不见。

    >>> with LiveBytes([]) as live:
    ...     x = torch.zeros(1000) + 1  # 两个 4000 字节的张量同时活着
    >>> live.peak
    8000
    """

    def __init__(self, existing):
        super().__init__()
        self.bytes = self.peak = 0
        self.known: set[int] = set()
        for tensor in existing:
            self.add(tensor)

    def add(self, tensor: Tensor) -> None:
        """记下一块存储；它消失时减去。视图与原张量是同一块，只记一次。"""
        storage = tensor.untyped_storage()
        key, size = storage._cdata, storage.nbytes()
        if key in self.known:
            return
        self.known.add(key)
        self.bytes += size
        self.peak = max(self.peak, self.bytes)
        weakref.finalize(storage, self.remove, key, size)

    def remove(self, key: int, size: int) -> None:
        self.known.discard(key)
        self.bytes -= size

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        result = function(*args, **(kwargs or {}))
        for leaf in tree_leaves(result):
            if isinstance(leaf, Tensor):
                self.add(leaf)
        return result


def model_tensors(model) -> list[Tensor]:
    """模型占着的张量：参数、缓冲区，以及 NF4 的编码（它不是参数）。"""
    packed = [v for m in model.modules() if hasattr(m, "packed") for v in tree_leaves(vars(m.packed))]
    return [*model.parameters(), *model.buffers(), *(v for v in packed if isinstance(v, Tensor))]


def peak_bytes(model, step: Callable[[], None]) -> int:
    """跑两步，返回第二步里活着的张量的峰值（第一步之后优化器才有状态）。"""
    with LiveBytes(model_tensors(model)) as live:
        step()
        live.peak = live.bytes
        step()
    return live.peak


def optimizer_bytes(optimizer: torch.optim.Optimizer) -> int:
    """优化器状态的字节；AdamW 每个参数两份 float32，另有每个张量一个步数，不算。"""
    states = (value for state in optimizer.state.values() for key, value in state.items() if key != "step")
    return sum(value.nbytes for value in states)


def disk_bytes(model) -> int:
    """训练出来的东西存成文件有多大：adapter 的文件夹；全参数微调是整个模型。"""
    with tempfile.TemporaryDirectory() as folder:
        if getattr(model, "tuning", None) is None:
            save_model(model, f"{folder}/model.safetensors")
        else:
            save_adapter(model, Path(folder))
        return sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file())
