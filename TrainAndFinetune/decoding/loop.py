"""生成的循环：预填充一次，以后每步只喂一个词元；一句一句地写，或一批长短不一的一起写。

教什么：`Session` 把模型与缓存配在一起，喂几个词元就算几个；`stream` 是循环本身；`generate_batch` 左边填充。
不教什么：怎样挑（`filters.py`）；束搜索（`beams.py`）；一步写几个（`speculative.py`）；编号怎样变成文字（`text.py`）。
怎么跑：被 `generate.py`、`3_generate.py`、`bench_generate.py` 导入。
对应笔记：`3_generate.md`。

只经过 `model.forward`，不碰里面的层：挂了 LoRA、adapter、前缀的模型照样用。
"""

from collections.abc import Callable, Collection, Iterator, Sequence

import torch
from torch import Tensor

from TrainAndFinetune.decoding.filters import Sampling, pick
from TrainAndFinetune.decoding.kv_cache import CACHE_ARGUMENT, KVCache

GREEDY = Sampling()
Watch = Callable[[Tensor, list[int]], None]


def check_prompt(model, ids: Sequence[int]) -> list[int]:
    """提示变成整数的列表；空的、编号越界都抛 ValueError。"""
    ids = [int(i) for i in ids]
    if not ids:
        raise ValueError("提示是空的：模型至少要看见一个词元，用 <bos> 起头")
    size = model.config.vocab_size
    wrong = [i for i in ids if not 0 <= i < size]
    if wrong:
        raise ValueError(f"提示里有编号 {wrong[0]}，词表的编号是 0..{size - 1}；模型与分词器要配套")
    return ids


def soft_length(model) -> int:
    """装在前面的软前缀（prefix、prompt）占几格；没装是 0。"""
    return sum(getattr(getattr(model, name, None), "length", 0) for name in ("prefix", "prompt"))


class Session:
    """一个模型加一个缓存：`feed` 喂进新的词元，拿到最后几个位置的 logits。

    rows 一批几句；capacity 每句最多几个词元（提示加新写的）；padding (B,) 每句左边填了几格。
    capacity 超过模型的 max_position_embeddings 抛 ValueError。
    """

    def __init__(self, model, rows: int, capacity: int, padding: Tensor | None = None):
        limit, self.soft = model.config.max_position_embeddings, soft_length(model)
        if capacity + self.soft > limit:
            raise ValueError(f"提示加新词元共 {capacity} 个，模型最多 {limit - self.soft} 个；缩短提示，或少写几个")
        weight = next(model.parameters())
        self.model, self.fed = model, 0  # fed：喂了几个真的词元（含填充，不含软前缀）
        self.cache = KVCache(model.config, rows, capacity + self.soft, weight.dtype, weight.device)
        if padding is not None and padding.any():
            self.cache.padding = padding.to(weight.device)
        if self.soft:  # 前缀多出几格，掩码由 transformers 照整个缓存建
            self.cache.is_sliding = [False] * len(self.cache.is_sliding)

    def feed(self, ids: Tensor, keep: int = 1) -> Tensor:
        """喂 (B, T) 个新词元，返回最后 keep 个位置的 logits，float32 的 (B, keep, V)。

        只要 keep 个位置的：词表 26 万，1000 个词元的提示全算出来是 1 GB，而挑下一个只用最后一个位置。
        """
        T = ids.shape[1]
        out = self.model(
            input_ids=ids.to(self.cache.keys.device),
            attention_mask=self.padding_mask(T) if self.soft else self.cache.masks(T),
            position_ids=self.positions(T),
            use_cache=True,
            logits_to_keep=keep,
            **{CACHE_ARGUMENT: self.cache},
        )
        self.fed += T
        return out.logits.float()

    def positions(self, count: int) -> Tensor:
        """接下来 count 个词元的位置，接着喂过的往下数，减去左边的填充；(1, T) 或 (B, T)。"""
        columns = torch.arange(self.fed, self.fed + count, device=self.cache.keys.device)[None, :]
        return columns if self.cache.padding is None else (columns - self.cache.padding[:, None]).clamp(min=0)

    def rewind(self, count: int) -> None:
        """倒掉最后 count 个词元，好像没有喂过。"""
        self.fed -= count
        self.cache.truncate(self.cache.length - count if self.fed else 0)

    def padding_mask(self, count: int) -> Tensor | None:
        """(B, 喂过的 + count)：1 是真的词元，0 是填充；没有填充是 None。"""
        if self.cache.padding is None:
            return None
        columns = torch.arange(self.fed + count, device=self.cache.keys.device)[None, :]
        return (columns >= self.cache.padding[:, None]).long()


def stream(
    model,
    prompt: Sequence[int],
    max_new_tokens: int,
    sampling: Sampling = GREEDY,
    stop_ids: Collection[int] = (),
    generator: torch.Generator | None = None,
    use_cache: bool = True,
    watch: Watch | None = None,
) -> Iterator[int]:
    """一个一个地给出新词元的编号，遇到 stop_ids 里的（含）就停；写错的参数立刻报错，不等第一个词元。

    generator  CPU 上的随机数；同样的种子写同样的词元
    use_cache  False：每步从头算（慢，结果相同）
    watch      每步挑之前调用：watch(logits (V,), 已有的编号)；`explain.py` 用它
    """
    ids = check_prompt(model, prompt)
    session = Session(model, 1, len(ids) + max_new_tokens)
    return decoding_loop(session, ids, max_new_tokens, sampling, set(stop_ids), generator, use_cache, watch)


@torch.inference_mode()
def decoding_loop(session: Session, ids: list[int], count: int, sampling, stop_ids, generator, use_cache, watch):
    """喂进去，挑一个，接上。第一步喂整个提示（预填充），以后每步喂上一步挑的那一个（解码）。"""
    new = ids
    for _ in range(count):
        if not use_cache:
            session.rewind(session.fed)
            new = ids
        logits = session.feed(torch.tensor([new]))[:, -1]  # (1, T) -> (1, V)
        if watch is not None:
            watch(logits[0], ids)
        token = pick(logits, sampling, seen_rows(sampling, [ids], logits), generator)[0]
        ids, new = [*ids, token], [token]
        yield token
        if token in stop_ids:
            return


def seen_rows(sampling: Sampling, rows: list[list[int]], logits: Tensor) -> list[Tensor] | None:
    """重复惩罚要看的词元，每行一个张量；不罚就不建。"""
    if sampling.repetition_penalty == 1:
        return None
    return [torch.tensor(row, device=logits.device) for row in rows]


def generate(model, prompt: Sequence[int], max_new_tokens: int, *arguments, **options) -> list[int]:
    """`stream` 的全部词元放进一个列表（含停止的那一个）。"""
    return list(stream(model, prompt, max_new_tokens, *arguments, **options))


def left_pad(prompts: Sequence[Sequence[int]], pad_id: int = 0) -> tuple[Tensor, Tensor]:
    """长短不一的提示 -> (编号 (B, 最长), 每行填了几个 (B,))；填在左边，每句的最后一个词元才在同一列。

    >>> left_pad([[5, 6, 7], [8]])
    (tensor([[5, 6, 7],
            [0, 0, 8]]), tensor([0, 2]))
    """
    longest = max(map(len, prompts))
    padding = torch.tensor([longest - len(p) for p in prompts])
    return torch.tensor([[pad_id] * (longest - len(p)) + list(p) for p in prompts]), padding


@torch.inference_mode()
def generate_batch(
    model,
    prompts: Sequence[Sequence[int]],
    max_new_tokens: int,
    sampling: Sampling = GREEDY,
    stop_ids: Collection[int] = (),
    generator: torch.Generator | None = None,
) -> list[list[int]]:
    """一批提示一起写，每步一次前向；写完的行从缓存里拿掉，不陪着算。返回每句的新词元（含停止的那一个）。"""
    prompts = [check_prompt(model, prompt) for prompt in prompts]
    if not prompts:
        raise ValueError("prompts 是空的；至少给一句")
    new, padding = left_pad(prompts)
    session = Session(model, len(prompts), new.shape[1] + max_new_tokens, padding)
    written: list[list[int]] = [[] for _ in prompts]
    active = list(range(len(prompts)))  # 缓存的第 i 行是第 active[i] 句
    for _ in range(max_new_tokens):
        logits = session.feed(new)[:, -1]  # (B, T) -> (B, V)
        seen = seen_rows(sampling, [prompts[i] + written[i] for i in active], logits)
        tokens = pick(logits, sampling, seen, generator)
        for i, token in zip(active, tokens):
            written[i].append(token)
        going = [row for row, token in enumerate(tokens) if token not in stop_ids]
        if not going:
            break
        if len(going) < len(active):
            session.cache.select(torch.tensor(going, device=session.cache.keys.device))
        active = [active[row] for row in going]
        new = torch.tensor([[tokens[row]] for row in going])  # (B,) -> (B, 1)
    return written
