"""软前缀的公共部分：在模型前面多出 P 个“不存在的词”，掩码与位置跟着错开。

教什么：前缀让序列变长了 P：掩码前面要补 1，位置要加 P，缓存里前 P 格是前缀；三处漏一处都不报错，只是结果不对。
不教什么：前缀里装什么（`prefix.py` 装每层的键与值，`prompt.py` 装词向量）。
对应笔记：`5_adapter_prefix.md`。
"""

import inspect
from dataclasses import dataclass

import torch
from torch import nn

from book import UserError, seeded
from TrainAndFinetune.methods.inject import Added, Tuning


@dataclass(frozen=True)
class SoftConfig:
    """前缀的长度与初始化。"""

    length: int = 16  # P
    init: str = "random"

    def check(self, choices: tuple[str, ...], limit: int) -> None:
        """长度是正整数、不超过滑动窗口；init 在 choices 里。"""
        if isinstance(self.length, bool) or not isinstance(self.length, int) or self.length < 1:
            raise UserError(f"收到 length={self.length!r}，前缀的长度是正整数；试试 length=16")
        if self.length > limit:
            raise UserError(f"收到 length={self.length}，滑动窗口是 {limit}：前缀不能比窗口长，多的一开始就被挤掉")
        if self.init not in choices:
            raise UserError(f"收到 init={self.init!r}，可选 {list(choices)}")


def prompt_ids(config, length: int, init_ids, seed: int) -> torch.Tensor:
    """初始化用的词号 (length,)：给了 init_ids 就循环取够，没给就从词表里均匀抽。"""
    if init_ids is None:
        return torch.randint(0, config.vocab_size, (length,), generator=seeded("soft prefix", seed))
    ids = torch.as_tensor(init_ids, dtype=torch.long).flatten()
    if not len(ids) or int(ids.min()) < 0 or int(ids.max()) >= config.vocab_size:
        raise UserError(f"init_ids 有 {len(ids)} 个词号，需要至少一个，每个在 0 到 {config.vocab_size - 1} 之间")
    return ids.repeat(-(-length // len(ids)))[:length]


class SoftPrefix(Added):
    """挂在 `model.model` 前面的钩子：子类的 `insert` 在缓存还空着的时候放进前缀，这里管掩码与位置。"""

    def __init__(self, tuning: Tuning, length: int):
        super().__init__(tuning)
        self.length = length

    def attach(self, body: nn.Module) -> "SoftPrefix":
        """挂上钩子；返回自己。body 是 `model.model`（没有输出头的那部分）。"""
        self.handles = [body.register_forward_pre_hook(self.before, with_kwargs=True)]
        self.handles.append(body.register_forward_hook(self.after, with_kwargs=True))
        return self

    def detach(self) -> None:
        """摘下钩子。"""
        for handle in self.handles:
            handle.remove()

    def insert(self, body: nn.Module, kwargs: dict) -> None:
        """把前缀放进这次调用的参数里；子类实现。"""
        raise NotImplementedError

    def before(self, body: nn.Module, args: tuple, kwargs: dict):
        """每次前向之前：缓存空着就放前缀，掩码补 P 个 1，给了的 position_ids 加 P。"""
        if not self.tuning.enabled:
            return None
        if body.training and body.gradient_checkpointing:
            raise UserError("前缀在键值缓存里，而梯度检查点会扔掉缓存；先 model.gradient_checkpointing_disable()")
        names = list(inspect.signature(body.forward).parameters)
        kwargs = {**dict(zip(names, args)), **kwargs}
        if "past_key_values" in kwargs and "cache" in names:  # transformers 5.2x 改了名字，旧名还收
            kwargs["cache"] = kwargs.pop("past_key_values")
        ids = kwargs.get("input_ids") if kwargs.get("input_ids") is not None else kwargs["inputs_embeds"]
        B, T = ids.shape[:2]
        seen = kwargs["cache"].get_seq_length() if kwargs.get("cache") is not None else 0  # 含前缀
        self.extend(kwargs, B, T, seen)
        if seen == 0:
            self.insert(body, kwargs)
        return (), kwargs

    def extend(self, kwargs: dict, B: int, T: int, seen: int) -> None:
        """调用者数的是真的词：掩码 (B, n) -> (B, P + n)，位置 i -> i + P。"""
        mask, P = kwargs.get("attention_mask"), self.length
        if mask is not None:
            if not torch.is_tensor(mask) or mask.dim() != 2:
                raise UserError("装了前缀的模型只收 (B, T) 的 attention_mask；1 是真的词，0 是填充")
            if mask.shape[1] != max(seen, P) + T:
                kwargs["attention_mask"] = torch.cat([mask.new_ones(B, P), mask], dim=1)
        if kwargs.get("position_ids") is not None:
            kwargs["position_ids"] = kwargs["position_ids"] + P

    def after(self, body: nn.Module, args: tuple, kwargs: dict, output):
        """前向之后；默认什么都不改。"""
        return output
