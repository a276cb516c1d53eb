"""前缀微调（prefix-tuning）：每层的键值缓存里先放 P 个学出来的键与值。

教什么：前缀就是“没有出现过的词”的键值缓存；用真的词的激活初始化，等于把那几个词放在最前面。
不教什么：论文训练时的重参数 MLP（peft 的 prefix_projection）。
对应笔记：`5_adapter_prefix.md`。
出处：Li 与 Liang 2021（arXiv 2101.00190）第 4 节。
"""

import torch
from torch import nn
from transformers import DynamicCache

from book import seeded
from TrainAndFinetune.methods.inject import Tuning, adapter_dtype, begin
from TrainAndFinetune.methods.soft import SoftConfig, SoftPrefix, prompt_ids

INITS = ("activations", "random")


class Prefix(SoftPrefix):
    """states (L, 2, H_kv, P, D)：第 l 层的键是 states[l, 0]，值是 states[l, 1]；键已经是旋转之后的。"""

    def __init__(self, config, tuning: Tuning, length: int, dtype: torch.dtype = torch.float32):
        super().__init__(tuning, length)
        shape = (config.num_hidden_layers, 2, config.num_key_value_heads, length, config.head_dim)
        self.states = nn.Parameter(torch.empty(shape, dtype=dtype))

    def insert(self, body: nn.Module, kwargs: dict) -> None:
        """缓存还空着：每层先放前缀，每一行一份 (H_kv, P, D) -> (B, H_kv, P, D)。"""
        ids = kwargs.get("input_ids") if kwargs.get("input_ids") is not None else kwargs["inputs_embeds"]
        cache = kwargs.get("cache")
        cache = DynamicCache(config=body.config) if cache is None else cache
        dtype, B = body.norm.weight.dtype, ids.shape[0]
        for layer, (keys, values) in enumerate(self.states.to(dtype)):
            cache.update(keys.expand(B, -1, -1, -1), values.expand(B, -1, -1, -1), layer)
        kwargs["cache"] = cache


def activations(model: nn.Module, ids: torch.Tensor) -> torch.Tensor:
    """一串真的词 (P,) 在每层留下的键与值 (L, 2, H_kv, P, D)。"""
    cache = DynamicCache()  # 不给 config：滑动层也全留着，不丢窗口外的
    with torch.no_grad():
        model.model(input_ids=ids[None].to(model.device), cache=cache)
    return torch.stack([torch.stack([layer.keys[0], layer.values[0]]) for layer in cache.layers])


def add_prefix(model: nn.Module, length: int = 16, init: str = "activations", seed: int = 0, init_ids=None):
    """冻结 model，每层装一段长 length 的前缀，就地修改并返回 model。

    init="activations" 用 init_ids（没给就随机抽词）的激活；"random" 是 N(0, 1)，与 peft 的默认相同。
    """
    config, shape = SoftConfig(length, init), model.config
    config.check(INITS, shape.sliding_window or shape.max_position_embeddings)
    ids = prompt_ids(shape, length, init_ids, seed)
    states = activations(model, ids) if init == "activations" else None
    tuning = begin(model, "prefix", config)
    prefix = Prefix(shape, tuning, length, adapter_dtype(model.model.norm.weight))
    with torch.no_grad():
        noise = torch.randn(prefix.states.shape, generator=seeded("prefix", seed))
        prefix.states.copy_(noise if states is None else states)
    model.prefix = prefix.to(model.device).attach(model.model)
    return model
