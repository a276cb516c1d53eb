"""提示微调（prompt tuning）：输入前面接 P 个学出来的词向量，只有第一层的输入变了。

教什么：软提示的形状；用词表里真的词向量初始化；为什么它比前缀微调弱（每层的键与值由模型自己算）。
不教什么：P-tuning 的提示编码器。
对应笔记：`5_adapter_prefix.md`。
出处：Lester 等 2021（arXiv 2104.08691）第 2 节。
"""

import torch
from torch import nn

from book import seeded
from TrainAndFinetune.methods.inject import Tuning, adapter_dtype, begin
from TrainAndFinetune.methods.soft import SoftConfig, SoftPrefix, prompt_ids

INITS = ("vocab", "random")


class Prompt(SoftPrefix):
    """vectors (P, d)：已经乘过 Gemma 的 √d，直接接在词向量前面。"""

    def __init__(self, config, tuning: Tuning, length: int, dtype: torch.dtype = torch.float32):
        super().__init__(tuning, length)
        self.vectors = nn.Parameter(torch.empty(length, config.hidden_size, dtype=dtype))
        self.inserted = False

    def before(self, body: nn.Module, args: tuple, kwargs: dict):
        """记下这一次放没放：放了的话，输出里要去掉前 P 个位置。"""
        self.inserted = False
        return super().before(body, args, kwargs)

    def insert(self, body: nn.Module, kwargs: dict) -> None:
        """(B, T, d) -> (B, P + T, d)；给了位置的话前面补 0 到 P - 1。"""
        embeds = kwargs.pop("inputs_embeds", None)
        ids = kwargs.pop("input_ids", None)
        embeds = body.embed_tokens(ids) if embeds is None else embeds
        B, P = embeds.shape[0], self.length
        kwargs["inputs_embeds"] = torch.cat([self.vectors.to(embeds.dtype).expand(B, -1, -1), embeds], dim=1)
        positions = kwargs.get("position_ids")
        if positions is not None:
            first = torch.arange(P, device=positions.device).expand(positions.shape[0], P)
            kwargs["position_ids"] = torch.cat([first, positions], dim=1)
        self.inserted = True

    def after(self, body: nn.Module, args: tuple, kwargs: dict, output):
        """去掉前缀的 P 个输出 (B, P + T, d) -> (B, T, d)：调用者看到的位置与 labels 还对得上。"""
        if self.inserted:
            output.last_hidden_state = output.last_hidden_state[:, self.length :]
        return output


def add_prompt(model: nn.Module, length: int = 16, init: str = "vocab", seed: int = 0, init_ids=None):
    """冻结 model，输入前面接 length 个可训练的词向量，就地修改并返回 model。

    init="vocab" 用 init_ids（没给就随机抽词）的词向量；"random" 是 N(0, 1)。
    """
    config, shape = SoftConfig(length, init), model.config
    config.check(INITS, shape.sliding_window or shape.max_position_embeddings)
    ids = prompt_ids(shape, length, init_ids, seed).to(model.device)
    tuning = begin(model, "prompt", config)
    prompt = Prompt(shape, tuning, length, adapter_dtype(model.model.norm.weight)).to(model.device)
    with torch.no_grad():
        noise = torch.randn(prompt.vectors.shape, generator=seeded("prompt", seed))
        prompt.vectors.copy_(noise if init == "random" else model.model.embed_tokens(ids))
    model.prompt = prompt.attach(model.model)
    return model
