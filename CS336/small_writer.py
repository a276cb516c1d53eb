"""生成的实验用的小模型：在 Python 标准库的文档字符串上训练，存下来，第二次直接读。

教什么：一篇文档以 <|endoftext|> 结尾，模型才学得会停；语料有摘要，换了语料就重新训练。
不教什么：怎样训练得好、断点续训（`run.py` 与 `workflow.md`）。
怎么跑：被 `lab_generate.py` 使用，不单独运行。
对应笔记：`Tokenization/generate.md`。
"""

import hashlib
import sysconfig
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor
from tqdm import trange

from book import CheckpointError, atomic_write, seeded
from CS336.Tokenization import BPETokenizer, train_bpe
from CS336.Tokenization.corpus import find_docstrings
from CS336.Transformer import (
    AdamW,
    TransformerLM,
    clip_grad_norm_,
    cosine_lr,
    cross_entropy,
    get_batch,
    save_checkpoint,
)
from CS336.Transformer.checkpoint import read_checkpoint

EOS = "<|endoftext|>"
SKIPPED = {"site-packages", "dist-packages", "test", "tests", "idlelib", "lib2to3"}
SHORTEST, LONGEST = 100, 600  # 一篇文档的字符数：太短的学不到什么，太长的一个窗口装不下


@dataclass(frozen=True)
class Size:
    """语料、词表、模型、训练的大小；默认的一个线程约 1 分钟。"""

    characters: int = 1_000_000  # 语料至多几个字符（标准库里合用的约 78 万）
    vocab_size: int = 1000
    context_length: int = 128
    d_model: int = 128
    num_layers: int = 2
    num_heads: int = 4
    steps: int = 600
    batch_size: int = 12
    lr: float = 3e-3


SMOKE = Size(characters=40_000, vocab_size=300, context_length=32, d_model=32, num_heads=2, steps=20, batch_size=4)


def documents(characters: int) -> list[str]:
    """标准库里不长不短的英文文档字符串，按路径的次序，去掉重复的，合计至多 characters 个字符。"""
    found: dict[str, None] = {}
    total, root = 0, Path(sysconfig.get_paths()["stdlib"])
    for path in sorted(root.rglob("*.py")):
        if SKIPPED & set(path.relative_to(root).parts):
            continue
        for text in find_docstrings(path.read_text(encoding="utf-8", errors="replace")):
            if text.isascii() and SHORTEST <= len(text) <= LONGEST and text not in found:
                found[text], total = None, total + len(text)
        if total >= characters:
            break
    return list(found)


class Writer:
    """训练好的模型、分词器、没见过的文档。"""

    def __init__(self, size: Size, seed: int, out: Path):
        texts = documents(size.characters)
        self.held_out = texts[::10]  # 每十篇留一篇不训练：按路径排着，只留末尾的话，题材就不同了
        train = EOS.join(text for i, text in enumerate(texts) if i % 10) + EOS
        self.digest = hashlib.sha256(train.encode()).hexdigest()[:12]
        atomic_write(out / "train.txt", train.encode())
        vocab, merges = train_bpe(out / "train.txt", size.vocab_size, [EOS])
        self.tokenizer = BPETokenizer(vocab, merges, [EOS])
        self.eos_id = self.tokenizer.encode(EOS)[0]
        torch.manual_seed(seed)
        self.model = TransformerLM(size.vocab_size, size.context_length, size.d_model, size.num_layers, size.num_heads)
        wanted = asdict(size) | {"seed": seed, "digest": self.digest}
        path = out / f"writer-{size.steps}.pt"
        if not self.load(path, wanted):
            optimizer = self.train(self.tokenizer.encode(train), size, seed)
            save_checkpoint(path, self.model, optimizer, size.steps, trained_as=wanted)

    def load(self, path: Path, wanted: dict) -> bool:
        """盘上有同样设置训练出来的就读它；没有、坏了、设置不同都重新训练。"""
        try:
            state = read_checkpoint(path)
        except CheckpointError:
            return False
        if state.get("trained_as") != wanted:
            return False
        self.model.load_state_dict(state["model"])
        print(f"读 {path.name}（同样的设置训练过）")
        return True

    def train(self, ids: list[int], size: Size, seed: int) -> AdamW:
        """最短的训练循环：取一批，前向，反向，裁剪，更新。"""
        tokens = torch.tensor(ids)
        optimizer = AdamW(self.model.parameters(), lr=size.lr, weight_decay=0.1)
        for step in trange(size.steps, desc="训练小模型", leave=False):
            x, y = get_batch(tokens, size.batch_size, size.context_length, generator=seeded(seed, step))
            for group in optimizer.param_groups:
                group["lr"] = cosine_lr(step, size.lr, size.lr / 10, size.steps // 20, size.steps)
            optimizer.zero_grad()
            cross_entropy(self.model(x), y).backward()
            clip_grad_norm_(self.model.parameters(), 1.0)
            optimizer.step()
        return optimizer

    def held_out_ids(self) -> Tensor:
        """没见过的文档接成一串编号 (N,)。"""
        return torch.tensor(self.tokenizer.encode(EOS.join(self.held_out) + EOS))

    def count_characters(self, rows: Tensor) -> int:
        """编号 (B, T) 一共几个字符；<|endoftext|> 算一个，不算 13 个。"""
        text = "".join(self.tokenizer.decode(row) for row in rows.tolist())
        return len(text.replace(EOS, "\n"))
