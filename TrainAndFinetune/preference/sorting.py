"""可验证的小任务：把几个数字从小到大排好。对不对由程序判断，不需要人。

教什么：检查器就是奖励；少查几个条件的检查器会被钻空子。
不教什么：怎样训练（`policy.py`、`lab_dpo.py`、`lab_grpo.py`）。
怎么跑：被别的脚本导入，不单独运行。
对应笔记：`9_preference.md`。
"""

import zlib

import torch
from torch import Tensor

VOCABULARY = "_$=0123456789"  # 编号就是位置：_ 填充，$ 结束，= 提示词的末尾
PAD, EOS = 0, 1
SHORTEST, LONGEST = 3, 5  # 一道题几个数字
PROMPT_LENGTH = LONGEST + 1  # 加上 =
ANSWER_LENGTH = LONGEST + 3  # 最多写几个词元：答案、结束、两个富余


def is_held_out(digits: str) -> bool:
    """这道题是否归测试集（约一成），只由题目本身决定，换种子也不会混进训练。

    >>> sum(is_held_out(f"{i:04d}") for i in range(10_000))
    1026
    """
    return zlib.crc32(digits.encode()) % 10 == 0


def draw_prompts(count: int, held_out: bool, generator: torch.Generator) -> list[str]:
    """抽 count 道题：长度均匀，数字均匀，可以重复；held_out 指要测试集还是训练集的。"""
    found: list[str] = []
    while len(found) < count:
        length = int(torch.randint(SHORTEST, LONGEST + 1, (), generator=generator))
        digits = "".join(map(str, torch.randint(0, 10, (length,), generator=generator).tolist()))
        if is_held_out(digits) == held_out:
            found.append(digits)
    return found


def right_answer(digits: str) -> str:
    """标准答案，带结束符。

    >>> right_answer("3120")
    '0123$'
    """
    return "".join(sorted(digits)) + "$"


def is_right(digits: str, answer: str) -> bool:
    """严的检查器：与标准答案一字不差，并且自己停了。

    >>> is_right("3120", "0123$"), is_right("3120", "0123"), is_right("3120", "012$")
    (True, False, False)
    """
    return answer == right_answer(digits)


def mentions_all(digits: str, answer: str) -> bool:
    """漏的检查器：题目里的每个数字答案里都有；忘了查次序、多写、停没停。

    >>> mentions_all("3120", "0123$"), mentions_all("3120", "321045"), mentions_all("3120", "012$")
    (True, True, False)
    """
    return set(digits) <= set(answer)


def encode_prompts(prompts: list[str]) -> Tensor:
    """题目 -> 编号 (B, P)，左边补 PAD：最后一列总是 =，答案从下一列开始。

    >>> encode_prompts(["3120"])
    tensor([[0, 6, 4, 5, 3, 2]])
    """
    rows = [[VOCABULARY.index(c) for c in f"{digits:_>{LONGEST}}="] for digits in prompts]
    return torch.tensor(rows)


def encode_answers(answers: list[str]) -> Tensor:
    """答案 -> 编号 (B, A)，右边补 PAD 到 ANSWER_LENGTH。"""
    return torch.tensor([[VOCABULARY.index(c) for c in f"{answer:_<{ANSWER_LENGTH}}"] for answer in answers])


def decode_answers(ids: Tensor) -> list[str]:
    """编号 (B, A) -> 答案，去掉右边的填充；写在中间的 PAD、= 照样留着，检查器会判错。"""
    return ["".join(VOCABULARY[i] for i in row).rstrip("_") for row in ids.tolist()]
