"""微调之后量什么：没见过的题的损失，一字不差的比例，自己停下的比例。

教什么：损失在标准答案上算，准确率要真的写出来；写到上限还没写 <end_of_turn> 的，就是停不下来。
不教什么：生成的循环（`decoding/`）。
不是脚本，由 `finetune.py` 导入。对应笔记：`4_full.md`。
"""

from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import nn

from TrainAndFinetune.tuning.batching import collate
from TrainAndFinetune.tuning.chat import END, IGNORE, Example, pieces, prompt_ids


@dataclass(frozen=True)
class Written:
    """一道题写出来的：文字（不含 <end_of_turn>）、对不对、是不是自己停的。"""

    text: str
    right: bool
    stopped: bool


@contextmanager
def evaluating(model: nn.Module):
    """评估时关掉 dropout 与梯度，出来时恢复。"""
    was = model.training
    model.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        model.train(was)


def mean_loss(
    network: nn.Module, examples: list[Example], pad_id: int, device, precision: str, size: int = 16
) -> float:
    """每个答案词元的平均损失；network 是 `AnswerLoss`（可以包着 DDP、FSDP，那时每个进程都要调用）。"""
    total = count = 0
    ordered = sorted(examples, key=len)  # 长度相近的一批，填充少
    with evaluating(network):
        for i in range(0, len(ordered), size):
            batch = {key: value.to(device) for key, value in collate(ordered[i : i + size], pad_id).items()}
            with torch.autocast(device.type, torch.bfloat16, enabled=precision == "bf16"):
                loss, tokens = network(batch)
            total, count = total + loss.item() * tokens, count + tokens
    return total / max(1, count)


def reference(row: dict) -> str:
    """一行的标准答案：最后一条 assistant 渲染出来的样子，工具调用也在里面。"""
    return pieces(row["messages"], row.get("tools"))[-1][0].removesuffix(END)


def exact(text: str, row: dict) -> bool:
    """默认的评分：一字不差。"""
    return text == reference(row)


def write_from(model: nn.Module, tokenizer, prompts: list[list[int]], limit: int, size: int = 32) -> list[tuple]:
    """每个提示（词元编号）贪心地往下写，返回 [(文字, 是不是自己停的)]；遇到 <end_of_turn> 停，否则写满 limit 个。"""
    from TrainAndFinetune.decoding.loop import generate_batch

    end = tokenizer.convert_tokens_to_ids(END)
    order = sorted(range(len(prompts)), key=lambda i: len(prompts[i]))  # 长短相近的一批，左边填充少
    written: list[tuple] = [()] * len(prompts)
    with evaluating(model):
        for start in range(0, len(order), size):
            part = order[start : start + size]
            for i, ids in zip(part, generate_batch(model, [prompts[i] for i in part], limit, stop_ids={end})):
                stopped = bool(ids) and ids[-1] == end
                written[i] = (tokenizer.decode(ids[:-1] if stopped else ids), stopped)
    return written


def write_answers(
    model: nn.Module, tokenizer, rows: list[dict], limit: int, score: Callable[[str, dict], bool] = exact
) -> list[Written]:
    """每一行写一个答案并评分；提示与训练时逐字节相同。没自己停的不算对。"""
    prompts = [prompt_ids(tokenizer, row["messages"][:-1], row.get("tools")) for row in rows]
    pairs = zip(write_from(model, tokenizer, prompts, limit), rows)
    return [Written(text, stopped and score(text, row), stopped) for (text, stopped), row in pairs]


def longest_answer(examples: list[Example]) -> int:
    """最长的答案几个词元，连 <end_of_turn>。"""
    return max(sum(label != IGNORE for label in example.labels) for example in examples)


def grade(written: list[Written]) -> dict:
    """一组答案的准确率与自己停下的比例；没停的不算对。"""
    n = max(1, len(written))
    right, stopped = sum(w.right for w in written), sum(w.stopped for w in written)
    return {"accuracy": right / n, "stops_by_itself": stopped / n, "graded": len(written)}
