"""生成：logits -> 分布 -> 词，一次一个；温度、top-k、top-p、min-p、键值缓存、批生成、流式输出。

教什么：每种过滤留下哪些词、次序是什么；用缓存与不用缓存写出同样的词；长短不一的提示怎样一批算；半个字怎样等到写完再显示。
不教什么：束搜索（第 2 章笔记 6）。
对应笔记：`Tokenization/generate.md`；实验 `lab_generate.py`，速度 `bench_generate.py`，命令行 `CS336/generate.py`。
"""

import codecs
import math
import operator
from collections.abc import Iterable, Iterator, Sequence

import torch
from torch import Tensor

from CS336.Transformer.functional import softmax

SMALLEST = 1e-30  # 比它小的温度当作它：float32 里 1e-50 就是 0，0/0 是 nan


def keep_top_k(logits: Tensor, k: int) -> Tensor:
    """只留最大的 k 个，其余 -inf；(..., V) -> (..., V)。并列时留编号小的，恰好 k 个。

    >>> keep_top_k(torch.tensor([1.0, 3.0, 2.0]), 2)
    tensor([-inf, 3., 2.])
    """
    order = logits.argsort(dim=-1, descending=True, stable=True)[..., k:]  # 第 k 名之后的编号
    return logits.scatter(-1, order, -math.inf)


def keep_top_p(logits: Tensor, p: float) -> Tensor:
    """留概率最大的几个，直到和达到 p；越过界线的那一个也留（Holtzman et al. 2020，3.1 节）。

    >>> keep_top_p(torch.tensor([0.5, 0.3, 0.2]).log(), 0.6).exp()
    tensor([0.5000, 0.3000, 0.0000])
    """
    # 按 logits 排，不按概率：差 1e-12 的两个 logits 概率舍入成一样，p 很小时留下的就可能不是最大的那个
    order = logits.argsort(dim=-1, descending=True, stable=True)
    drop = (softmax(logits).gather(-1, order).cumsum(-1) >= p).roll(1, -1)  # 到前一名为止的和已经够了：砍
    drop[..., 0] = False  # 第一名前面没有人
    return logits.masked_fill(torch.zeros_like(drop).scatter(-1, order, drop), -math.inf)


def keep_min_p(logits: Tensor, min_p: float) -> Tensor:
    """留概率不小于 min_p × 最大概率的：分布尖的时候严，平的时候宽（Nguyen et al. 2024, arXiv:2407.01082）。

    >>> keep_min_p(torch.tensor([0.5, 0.3, 0.2]).log(), 0.5).exp()
    tensor([0.5000, 0.3000, 0.0000])
    """
    return logits.masked_fill(logits < logits.amax(-1, keepdim=True) + math.log(min_p), -math.inf)


def check_options(temperature: float, top_k: int | None, top_p: float | None, min_p: float | None) -> None:
    """选项的范围；不对就抛 ValueError。"""
    if not temperature >= 0:
        raise ValueError(f"temperature={temperature} 应当 ≥ 0；0 是贪心，1 是模型原来的分布")
    if top_k is not None and top_k < 1:
        raise ValueError(f"top_k={top_k} 至少是 1；不要这个过滤就写 None")
    for name, value in (("top_p", top_p), ("min_p", min_p)):
        if value is not None and not 0 < value <= 1:
            raise ValueError(f"{name}={value} 应当在 (0, 1] 里；不要这个过滤就写 None")


def check_prompt(model, prompt_ids: Sequence[int], max_new_tokens: int) -> list[int]:
    """提示变成整数的列表；不是整数、空的、编号越界、要写的个数是负数都抛 ValueError。"""
    try:
        ids = [operator.index(i) for i in prompt_ids]  # 不用 int()：它把 0.7 变成 0，也不报错
    except TypeError:
        raise ValueError("prompt_ids 要一串整数编号；文字先用分词器 encode，一批提示用 generate_batch") from None
    if not ids:
        raise ValueError("prompt_ids 是空的：模型至少要看见一个词；用 <|endoftext|> 的编号起头")
    if max_new_tokens < 0:
        raise ValueError(f"max_new_tokens={max_new_tokens} 不能是负数；0 是什么都不写")
    table = getattr(model, "token_embeddings", None)
    size = math.inf if table is None else len(table.weight)
    wrong = [i for i in ids if not 0 <= i < size]  # -1 不会报错：查表查到最后一行
    if wrong:
        raise ValueError(f"prompt_ids 里有 {wrong[0]}，词表的编号是 0..{size - 1}；模型与分词器要配套")
    return ids


def device_of(model) -> torch.device:
    """参数所在的设备；没有参数的是 CPU。"""
    return next((p.device for p in model.parameters()), torch.device("cpu"))


def next_token_logits(
    logits: Tensor,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    min_p: float | None = None,
) -> Tensor:
    """除以温度，再依次用 top-k、top-p、min-p；(..., V) -> (..., V)，softmax 之后就是采样的分布。temperature > 0。

    >>> next_token_logits(torch.tensor([1.0, 3.0, 2.0]), temperature=0.5, top_k=2)
    tensor([-inf,  0., -2.])
    """
    # 先减最大值：softmax 不变；温度很小时最大的是 0，其余是 -inf，不会有 inf - inf
    logits = logits.float()
    logits = (logits - logits.amax(-1, keepdim=True)) / max(temperature, SMALLEST)
    if top_k is not None and top_k < logits.shape[-1]:
        logits = keep_top_k(logits, top_k)
    if top_p is not None and top_p < 1:
        logits = keep_top_p(logits, top_p)
    return logits if min_p is None else keep_min_p(logits, min_p)


def pick(logits: Tensor, generator: torch.Generator | None = None, temperature: float = 1.0, **filters) -> Tensor:
    """从 logits (B, V) 里各挑一个词 -> (B,)；温度 0 是贪心，并列时取编号小的。"""
    if not logits.amax(-1).isfinite().all():
        raise ValueError("logits 里有 nan 或 inf：模型训练时发散了；换一个更早的检查点，或用更小的学习率重新训练")
    if temperature == 0:
        return logits.argmax(-1)
    return torch.multinomial(softmax(next_token_logits(logits, temperature, **filters)), 1, generator=generator)[:, 0]


def stream(
    model,
    prompt_ids: Sequence[int],
    max_new_tokens: int,
    temperature: float = 1.0,
    top_p: float | None = None,
    eos_id: int | None = None,
    generator: torch.Generator | None = None,
    *,
    top_k: int | None = None,
    min_p: float | None = None,
    use_cache: bool = True,
) -> Iterator[int]:
    """一个一个地给出新词的编号，遇到 eos_id（含）就停；参数同 `generate`，写错的立刻报错，不等第一个词。"""
    check_options(temperature, top_k, top_p, min_p)
    ids = check_prompt(model, prompt_ids, max_new_tokens)
    options = {"temperature": temperature, "top_k": top_k, "top_p": top_p, "min_p": min_p}
    return decoding_loop(model, ids, max_new_tokens, eos_id, use_cache, generator, options)


@torch.inference_mode()
def decoding_loop(model, ids: list[int], count: int, eos_id, use_cache: bool, generator, options) -> Iterator[int]:
    """`stream` 的循环：喂进去，挑一个，接上。ids 会变长；options 是温度与三个过滤。"""
    device, limit, cache = device_of(model), model.context_length, None
    use_cache = use_cache and hasattr(model, "new_cache")  # 只要 model(编号) 给出 logits 就能生成，没有缓存只是慢
    fed = 0  # 缓存里有几个词
    for _ in range(count):
        if use_cache and 0 < fed < limit:
            new = ids[fed:]
        else:
            # 窗口滑动之后每个词能看见的词变了，深层的键值跟着变，旧的不再对：从头算最后 limit 个
            new, cache = ids[-limit:], model.new_cache() if use_cache else None
        new, fed = torch.tensor([new], device=device), len(ids)
        logits = (model(new, cache=cache) if use_cache else model(new))[:, -1]  # (1, t, V) -> (1, V)
        token = pick(logits.cpu(), generator, **options).item()
        ids.append(token)
        yield token
        if token == eos_id:
            return


def generate(
    model,
    prompt_ids: Sequence[int],
    max_new_tokens: int,
    temperature: float = 1.0,
    top_p: float | None = None,
    eos_id: int | None = None,
    generator: torch.Generator | None = None,
    *,
    top_k: int | None = None,
    min_p: float | None = None,
    use_cache: bool = True,
) -> list[int]:
    """接着 prompt_ids 写至多 max_new_tokens 个词，返回新词的编号（含 eos_id）。

    temperature   0 是贪心；越大分布越平
    top_k, top_p, min_p   过滤，None 是不用；次序是温度、top-k、top-p、min-p
    eos_id        写到它就停；None 是写满为止
    generator     CPU 上的 torch.Generator；同样的种子写同样的词
    use_cache     False：每步从头算（慢，结果相同）
    提示超过 context_length 时只用最后的那些词。选项越界、空的提示、编号越界抛 ValueError。
    """
    options = {"top_k": top_k, "min_p": min_p, "use_cache": use_cache}
    return list(stream(model, prompt_ids, max_new_tokens, temperature, top_p, eos_id, generator, **options))


@torch.inference_mode()
def generate_batch(
    model,
    prompts: Sequence[Sequence[int]],
    max_new_tokens: int,
    temperature: float = 1.0,
    top_p: float | None = None,
    eos_id: int | None = None,
    generator: torch.Generator | None = None,
    *,
    top_k: int | None = None,
    min_p: float | None = None,
) -> list[list[int]]:
    """一批长短不一的提示一起写，每步一次前向；短的在左边填充，填充谁也看不到。

    最长的提示加 max_new_tokens 不能超过 context_length。返回每句的新词（含 eos_id）。
    """
    check_options(temperature, top_k, top_p, min_p)
    prompts = [check_prompt(model, prompt, max_new_tokens) for prompt in prompts]
    if not prompts:
        raise ValueError("prompts 是空的；至少给一句")
    longest = max(map(len, prompts))
    if longest + max_new_tokens > model.context_length + 1:
        total = f"{longest}+{max_new_tokens}"
        raise ValueError(
            f"最长的提示加新词是 {total}，超过 context_length={model.context_length}；少写几个，或一句一句写"
        )
    device = device_of(model)
    # 填充用编号 0：反正看不见，什么编号都行
    ids = torch.tensor([[0] * (longest - len(p)) + p for p in prompts], device=device)  # (B, 最长)
    visible = torch.tensor([[False] * (longest - len(p)) + [True] * len(p) for p in prompts], device=device)
    cache, finished, columns = model.new_cache(), torch.zeros(len(prompts), dtype=torch.bool), []
    for _ in range(max_new_tokens):
        logits = model(ids, cache=cache, visible=visible)[:, -1]  # (B, t, V) -> (B, V)
        tokens = pick(logits.cpu(), generator, temperature, top_k=top_k, top_p=top_p, min_p=min_p)
        columns.append(tokens)
        if eos_id is not None:
            finished |= tokens == eos_id
        if finished.all():
            break
        ids = tokens[:, None].to(device)  # (B,) -> (B, 1)；写完的句子陪着算，最后截掉
        visible = torch.cat([visible, torch.ones_like(visible[:, :1])], dim=1)
    rows = torch.stack(columns, dim=1).tolist() if columns else [[] for _ in prompts]
    return [row[: row.index(eos_id) + 1] if eos_id in row else row for row in rows]


def stream_text(tokenizer, ids: Iterable[int]) -> Iterator[str]:
    """一个一个的词 -> 可以立刻显示的文字；半个字先留着，等后面的字节来了再给。

    tokenizer.vocab 是 {编号: 字节}。接起来等于 `tokenizer.decode(全部编号)`；不合法的字节、断在最后的半个字是 U+FFFD。

    >>> from types import SimpleNamespace
    >>> list(stream_text(SimpleNamespace(vocab={0: b"\\xe4\\xbd", 1: b"\\xa0", 2: b"!"}), [0, 1, 2]))
    ['你', '!']
    """
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    for i in ids:
        if i not in tokenizer.vocab:
            raise ValueError(f"编号 {i} 不在分词器的词表里（{len(tokenizer.vocab)} 个）；模型与分词器要配套")
        if text := decoder.decode(tokenizer.vocab[i]):
            yield text
    if rest := decoder.decode(b"", final=True):
        yield rest
