"""`3_generate.py` 量的各项：过滤与 transformers 的比较、写错的损失。每个函数收模型与数据，返回数字。

教什么：怎样量一种写错：喂同样的词元，比较每一步的分布。
不教什么：被量的东西（`filters.py`、`text.py`、`pitfalls.py`）。
对应笔记：`3_generate.md`。
"""

import math
import statistics
from collections.abc import Iterator

import torch
from torch import Tensor
from transformers import (
    MinPLogitsWarper,
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from TrainAndFinetune.decoding import pitfalls
from TrainAndFinetune.decoding.filters import Sampling, draw, filtered, penalize, survivors
from TrainAndFinetune.decoding.loop import Session
from TrainAndFinetune.decoding.text import StopStrings

SETTINGS = [Sampling(1.0, top_k=40), Sampling(1.0, top_p=0.9), Sampling(1.0, min_p=0.1), Sampling(0.7, 50, 0.95, 0.02)]
SETTINGS += [Sampling(1.5, top_p=0.9), Sampling(1.5, min_p=0.1)]


def reference_filtered(logits: Tensor, sampling: Sampling) -> Tensor:
    """transformers 的 LogitsProcessor，次序与它的 generate 相同；(B, V) -> (B, V)。"""
    steps = [TemperatureLogitsWarper(float(sampling.temperature))] if sampling.temperature != 1 else []
    steps += [TopKLogitsWarper(sampling.top_k)] if sampling.top_k else []
    steps += [TopPLogitsWarper(sampling.top_p)] if sampling.top_p and sampling.top_p < 1 else []
    steps += [MinPLogitsWarper(sampling.min_p)] if sampling.min_p else []
    for step in steps:
        logits = step(None, logits)
    return logits


def kl(p_logits: Tensor, q_logits: Tensor) -> Tensor:
    """KL(p || q)，nat；(..., V) -> (...)。"""
    p, q = p_logits.log_softmax(-1), q_logits.log_softmax(-1)
    return torch.where(p > -math.inf, p.exp() * (p - q), 0.0).sum(-1)


@torch.inference_mode()
def first_logits(model, prompts: list[list[int]]) -> Tensor:
    """每个提示的下一个词元的 logits；(n, V)。"""
    return torch.cat([Session(model, 1, len(p)).feed(torch.tensor([p]))[:, -1] for p in prompts])


# ---------------------------------------------------------------- 过滤


def compare_filters(logits: Tensor) -> dict:
    """真的 logits (n, V) 上：与 transformers 留下的是否逐个相同；短名单的概率最多差多少；各留几个。"""
    rows = []
    for sampling in SETTINGS:
        ours, theirs = filtered(logits, sampling), reference_filtered(logits, sampling)
        masks = [torch.equal(a.isfinite(), b.isfinite()) for a, b in zip(ours, theirs)]
        short, gaps = [survivors(row, sampling) for row in logits], []
        for (ids, probs), row in zip(short, theirs.softmax(-1)):
            gaps.append((torch.zeros_like(row).index_copy(0, ids, probs) - row).abs().max().item())
        kept = ours.isfinite().sum(-1).tolist()
        row = {"temperature": sampling.temperature, "top_k": sampling.top_k, "top_p": sampling.top_p}
        row |= {"min_p": sampling.min_p, "equal_masks": statistics.mean(masks), "bit_equal": torch.equal(ours, theirs)}
        row |= {"shortlist_gap": max(gaps), "kept_median": statistics.median(kept), "kept_max": max(kept)}
        rows.append(row)
    return {"filters": rows}


def chi_square(probs: Tensor, draws: int, generator: torch.Generator, smallest: float = 5.0) -> float:
    """抽 draws 次的频数与概率 (n,) 的卡方检验的 p 值；期望不到 smallest 次的合成一格。"""
    counts = torch.bincount(torch.tensor([draw(probs, generator) for _ in range(draws)]), minlength=len(probs))
    expected = probs.double() * draws
    big = expected >= smallest
    cells = torch.cat([counts[big].double(), counts[~big].double().sum()[None]])
    means = torch.cat([expected[big], expected[~big].sum()[None]])
    cells, means = cells[means > 0], means[means > 0]
    statistic = ((cells - means) ** 2 / means).sum()
    freedom = torch.tensor((len(cells) - 1) / 2, dtype=torch.float64)
    return 1.0 if freedom <= 0 else torch.special.gammaincc(freedom, statistic / 2).item()


def compare_draws(logits: Tensor, draws: int, seed: int) -> dict:
    """每种设置抽 draws 次，频率与 transformers 的分布的卡方检验；同一个种子，两边抽到同一个词元的比例。"""
    p_values, same = [], []
    for i, sampling in enumerate(SETTINGS):
        theirs = reference_filtered(logits, sampling).softmax(-1)
        ids, _ = survivors(logits[i], sampling)
        p_values.append(chi_square(theirs[i][ids], draws, torch.Generator().manual_seed(seed + i)))
        for row, probs in zip(logits, theirs):
            short, mine = survivors(row, sampling)
            token = short[draw(mine, torch.Generator().manual_seed(seed))].item()
            library = torch.multinomial(probs, 1, generator=torch.Generator().manual_seed(seed)).item()
            same.append(token == library)
    return {"chi_square_p": p_values, "chi_square_draws": draws, "same_seed_same_token": statistics.mean(same)}


def compare_order(logits: Tensor) -> dict:
    """温度放在最后（llama.cpp 的默认次序）与放在最前：留下几个、两个分布差多少（总变差）。"""
    rows = []
    for T, filters in [(T, f) for T in (0.5, 1.5) for f in ({"top_p": 0.9}, {"min_p": 0.1})]:
        sampling = Sampling(T, **filters)
        first, last = filtered(logits, sampling), pitfalls.temperature_last(logits, sampling)
        distance = (first.softmax(-1) - last.softmax(-1)).abs().sum(-1) / 2
        kept = [z.isfinite().sum(-1).float().median().item() for z in (first, last)]
        row = {"temperature": T, **filters, "kept_first": kept[0], "kept_last": kept[1]}
        rows.append(row | {"total_variation": distance.mean().item()})
    return {"order": rows}


def compare_penalties(logits: Tensor, prompts: list[list[int]], penalty: float = 1.3) -> dict:
    """重复惩罚：与 transformers 相同吗；出现过的词元里 logit 是负的占几成；一律用除，几成反而变大。"""
    negative, raised, equal, changed = [], [], [], []
    for row, prompt in zip(logits, prompts):
        seen = torch.tensor(prompt)
        right, wrong = penalize(row, seen, penalty), pitfalls.always_divide(row, seen, penalty)
        library = RepetitionPenaltyLogitsProcessor(penalty)(seen[None], row[None])[0]
        equal.append(torch.equal(right, library))
        unique = seen.unique()
        negative += (row[unique] < 0).tolist()
        raised += (wrong.softmax(-1)[unique] > row.softmax(-1)[unique]).tolist()
        changed.append((right.argmax() != row.argmax()).item())
    return {
        "penalty": penalty,
        "penalty_equal": statistics.mean(equal),
        "penalty_negative": statistics.mean(negative),
        "penalty_raised": statistics.mean(raised),
        "penalty_changed_top": statistics.mean(changed),
    }


# ---------------------------------------------------------------- 写错


@torch.inference_mode()
def session_row(model, prompt: list[int], tokens: list[int]) -> dict:
    """一个提示：喂同样的词元（对的循环写的），每种写错的循环在每一步的三个量；还有前两名的差、与一次喂完的差。"""
    right = pitfalls.forced_logits(Session, model, prompt, tokens)
    whole = Session(model, 1, len(prompt) + len(tokens)).feed(torch.tensor([prompt + tokens[:-1]]), len(tokens))[0]
    best = right.topk(2).values
    row = {"gap": (right - whole).abs().max().item(), "margins": (best[:, 0] - best[:, 1]).tolist()}
    right, labels = right[1:], torch.tensor(tokens[1:])[:, None]  # 第一步是预填充，写错的循环也对
    for name, session_class in pitfalls.WRONG_SESSIONS.items():
        wrong = pitfalls.forced_logits(session_class, model, prompt, tokens)[1:]
        loss = right.log_softmax(-1).gather(-1, labels) - wrong.log_softmax(-1).gather(-1, labels)
        row[name] = {
            "agree": (wrong.argmax(-1) == right.argmax(-1)).tolist(),
            "kl": kl(right, wrong).tolist(),
            "extra_loss": loss[:, 0].tolist(),
        }
    return row


def summarize_sessions(rows: list[dict]) -> dict:
    """每种写错：第一名还相同的比例、KL、对数损失多了多少，全部步的平均。"""
    sessions = []
    for name in pitfalls.WRONG_SESSIONS:
        keys = rows[0][name]
        means = {key: statistics.mean(x for row in rows for x in row[name][key]) for key in keys}
        sessions.append({"name": name} | means)
    margins = [margin for row in rows for margin in row["margins"]]
    return {
        "sessions": sessions,
        "session_steps": sum(len(row["stuck"]["agree"]) for row in rows),
        "cache_gap": max(row["gap"] for row in rows),
        "smallest_margin": min(margins),
        "margin_close": statistics.mean(margin < 0.05 for margin in margins),
    }


def compare_padding(model, prompts: list[list[int]], logits: Tensor, size: int) -> dict:
    """size 句一批：四种填充与一句一句算的比，第一名相同的比例、KL 的平均、logits 最多差多少。"""
    rows = []
    for version in ("right", "no positions", "no mask", "right padding"):
        batches = [prompts[i : i + size] for i in range(0, len(prompts), size)]
        got = torch.cat([pitfalls.padded_logits(model, batch, version) for batch in batches])
        agree = (got.argmax(-1) == logits.argmax(-1)).float().mean().item()
        row = {"name": version, "agree": agree, "kl": kl(logits, got).mean().item()}
        rows.append(row | {"max_gap": (got - logits).abs().max().item()})
    return {"padding": rows}


def stop_cases(pieces: list[str], length: int) -> Iterator[str]:
    """一段文字里全部 length 个字的片段，各当一次停止串。"""
    text = "".join(pieces)
    yield from dict.fromkeys(text[i : i + length] for i in range(len(text) - length + 1))


def compare_stops(texts: list[list[str]], length: int) -> dict:
    """停止串取遍每段文字的片段：按词元查漏掉几成；先显示再查露出几个字；对的写法露出几个。"""
    missed, leaked, right_leaked, total = 0, [], [], 0
    for pieces in texts:
        for stop in stop_cases(pieces, length):
            right = "".join(pieces).split(stop)[0]
            stopper = StopStrings([stop])
            shown = "".join(stopper.push(piece) for piece in pieces) + stopper.flush()
            total += 1
            missed += pitfalls.stop_by_token(pieces, stop) != right
            leaked.append(len(pitfalls.stop_after_showing(pieces, stop)) - len(right))
            right_leaked.append(len(shown) - len(right))
    return {
        "stop_length": length,
        "stop_cases": total,
        "stop_missed": missed / total,
        "stop_leaking": statistics.mean(n > 0 for n in leaked),
        "stop_leaked_characters": statistics.mean(leaked),
        "stop_right_leaked": max(map(abs, right_leaked)),
    }
