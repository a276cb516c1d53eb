"""数据：词表、编号、一批句子怎样补齐；按长度分桶，少算填充。

教什么：文字怎样变成 (B, T) 的编号；四个特殊的词；teacher forcing 的输入与目标差一位；一批装多少词而不是多少句。
不教什么：BPE 怎样训练（第 4 章从零写；这里的真实翻译任务用 `tokenizers` 库）。
对应笔记：`5_training.md`。
"""

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor

from book import UserError, seeded
from Transformer.attention import PAD

BOS, EOS, UNK = 1, 2, 3  # 句首、句尾、词表里没有的字
SPECIALS = ["<pad>", "<bos>", "<eos>", "<unk>"]


class CharTokenizer:
    """一个字符一个编号的词表。

    >>> tokenizer = CharTokenizer.train(["三点", "三刻"])
    >>> tokenizer.encode("三点半"), tokenizer.decode([5, 6, 2])
    ([4, 6, 3], '刻点')
    """

    kind = "char"

    def __init__(self, characters: list[str]):
        self.characters = characters
        self.numbers = {c: i for i, c in enumerate(characters)}

    @classmethod
    def train(cls, texts: Iterable[str]) -> "CharTokenizer":
        """出现过的字符按编码排序，接在四个特殊的词之后。"""
        return cls(SPECIALS + sorted(set().union(*texts)))

    def __len__(self) -> int:
        return len(self.characters)

    def encode(self, text: str) -> list[int]:
        return [self.numbers.get(c, UNK) for c in text]

    def decode(self, ids: Iterable[int]) -> str:
        """编号变回文字；特殊的词不显示，遇到 <unk> 显示 �。"""
        return "".join("�" if i == UNK else self.characters[i] for i in ids if i >= UNK)

    def tokens(self, ids: Iterable[int]) -> list[str]:
        """每个编号对应的一小段文字，画图用。"""
        return [self.characters[i] for i in ids]

    def state(self) -> dict:
        """存进检查点的内容。"""
        return {"kind": self.kind, "characters": self.characters}


class BPETokenizer:
    """`tokenizers` 库的字节级 BPE，两种语言共用一个词表。"""

    kind = "bpe"

    def __init__(self, definition: str):
        self.definition = definition
        self.library = _tokenizers().Tokenizer.from_str(definition)

    @classmethod
    def train(cls, texts: Iterable[str], vocab_size: int) -> "BPETokenizer":
        """在 texts 上训练；词表含 256 个字节，所以没有不认识的字。"""
        tokenizers = _tokenizers()
        library = tokenizers.Tokenizer(tokenizers.models.BPE())
        library.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=True)
        library.decoder = tokenizers.decoders.ByteLevel()
        trainer = tokenizers.trainers.BpeTrainer(
            vocab_size=vocab_size,
            special_tokens=SPECIALS,
            initial_alphabet=tokenizers.pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        )
        library.train_from_iterator(texts, trainer)
        return cls(library.to_str())

    def __len__(self) -> int:
        return self.library.get_vocab_size()

    def encode(self, text: str) -> list[int]:
        return self.library.encode(text, add_special_tokens=False).ids

    def decode(self, ids: Iterable[int]) -> str:
        return self.library.decode([i for i in ids if i > UNK]).strip()

    def tokens(self, ids: Iterable[int]) -> list[str]:
        return [self.library.decode([i]) if i > UNK else SPECIALS[i] for i in ids]

    def state(self) -> dict:
        return {"kind": self.kind, "definition": self.definition}


def _tokenizers():
    """`tokenizers` 只有 BPE 用到，在这里导入。"""
    try:
        import tokenizers
    except ImportError:
        raise UserError('翻译任务要 tokenizers 包；先 pip install -e ".[transformer]"') from None
    return tokenizers


def tokenizer_from(state: dict) -> CharTokenizer | BPETokenizer:
    """由 `state()` 存下的内容恢复。"""
    return CharTokenizer(state["characters"]) if state["kind"] == "char" else BPETokenizer(state["definition"])


@dataclass(frozen=True)
class Pair:
    """一对编号：source 以 EOS 结尾；target 以 BOS 开头、EOS 结尾。"""

    source: list[int]
    target: list[int]


def encode_source(text: str, tokenizer, max_length: int) -> list[int]:
    """一句源文字 -> 编号，以 EOS 结尾；空句与过长的句子是使用者的错误。

    >>> encode_source("三", CharTokenizer.train(["三"]), 10)
    [4, 2]
    """
    ids = tokenizer.encode(text.strip()) + [EOS]
    if len(ids) == 1:
        raise UserError("收到一句空的输入；至少写一个字")
    if len(ids) > max_length:
        raise UserError(f"一句有 {len(ids)} 个词元，模型最多 {max_length} 个；把句子拆短")
    return ids


def encode_pairs(texts: list[tuple[str, str]], source, target, max_length: int) -> list[Pair]:
    """文字对 -> 编号对；任一边是空的或超过 max_length 的丢掉（训练数据里难免有几句）。"""
    pairs = [Pair(source.encode(a) + [EOS], [BOS, *target.encode(b), EOS]) for a, b in texts]
    return [p for p in pairs if 1 < len(p.source) <= max_length and 2 < len(p.target) <= max_length]


def pad(rows: list[list[int]]) -> Tensor:
    """长短不一的编号 -> (B, T)，右边补 PAD。

    >>> pad([[7, 8, 9], [7]]).tolist()
    [[7, 8, 9], [7, 0, 0]]
    """
    T = max(map(len, rows))
    return torch.tensor([row + [PAD] * (T - len(row)) for row in rows])


def collate(pairs: list[Pair]) -> tuple[Tensor, Tensor]:
    """一批 Pair -> 源 (B, S) 与目标 (B, T+1)。训练时输入是 target[:, :-1]，答案是 target[:, 1:]。"""
    return pad([p.source for p in pairs]), pad([p.target for p in pairs])


def buckets(pairs: list[Pair], max_tokens: int, key: tuple, sort: bool = True) -> list[list[int]]:
    """把一轮的下标分成批：每批补齐后两边合计不超过 max_tokens 个词元，句长相近的放一起。

    随机打乱 -> 按长度稳定排序（同样长的次序仍随机）-> 切成批 -> 再打乱批的次序。
    一句自己就超过 max_tokens 时单独成一批。sort=False 不排序，只为了量分桶省下多少（见 `padding_share`）。
    """
    generator = seeded(*key)
    order = torch.randperm(len(pairs), generator=generator).tolist()
    if sort:
        order.sort(key=lambda i: (len(pairs[i].target), len(pairs[i].source)))
    batches, batch, S, T = [], [], 0, 0
    for i in order:
        S, T = max(S, len(pairs[i].source)), max(T, len(pairs[i].target))
        if batch and (len(batch) + 1) * (S + T) > max_tokens:
            batches.append(batch)
            batch, S, T = [], len(pairs[i].source), len(pairs[i].target)
        batch.append(i)
    batches += [batch] if batch else []  # 一句都没有，就一批都没有
    return [batches[i] for i in torch.randperm(len(batches), generator=generator).tolist()]


def padding_share(pairs: list[Pair], batches: list[list[int]]) -> float:
    """所有批里填充占的比例。"""
    padded = real = 0
    for batch in batches:
        rows = [pairs[i] for i in batch]
        for lengths in ([len(p.source) for p in rows], [len(p.target) for p in rows]):
            padded += max(lengths) * len(lengths)
            real += sum(lengths)
    return 1 - real / padded
