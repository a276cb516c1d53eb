"""权重互换：本书的 Transformer <-> `torch.nn.Transformer`。

教什么：同一个模型的两种排法。nn.MultiheadAttention 把 q、k、v 的权重叠成一个 (3C, C) 的矩阵；
        nn.Transformer 在 post-norm 的末尾也加一个 LayerNorm，论文里没有。
不教什么：词向量与输出层：nn.Transformer 没有这两样，由使用者自己接。
对应笔记：`4_transformer.md`；与它的比较见 `tests/test_transformer_model.py`。
"""

import warnings

import torch
from torch import Tensor, nn

from Transformer.transformer import Transformer

ATTENTIONS = {  # 哪一边：{我们的名字: torch 的名字}
    "encoder": {"attention": "self_attn"},
    "decoder": {"self_attention": "self_attn", "cross_attention": "multihead_attn"},
}


def key_table(model: Transformer) -> list[tuple[str, list[str]]]:
    """(nn.Transformer 的键, 我们的键)：q、k、v 三个键对一个，其余一对一。"""
    table = []
    for side, attentions in ATTENTIONS.items():
        for i in range(len(getattr(model, side))):
            ours, theirs = f"{side}.{i}", f"{side}.layers.{i}"
            for kind in ("weight", "bias"):
                for a, b in attentions.items():
                    parts = [f"{ours}.{a}.{part}.{kind}" for part in ("query", "key", "value")]
                    table += [(f"{theirs}.{b}.in_proj_{kind}", parts)]
                    table += [(f"{theirs}.{b}.out_proj.{kind}", [f"{ours}.{a}.output.{kind}"])]
                table += [(f"{theirs}.linear1.{kind}", [f"{ours}.feed_forward.up.{kind}"])]
                table += [(f"{theirs}.linear2.{kind}", [f"{ours}.feed_forward.down.{kind}"])]
                for j in range(1 + len(attentions)):
                    table += [(f"{theirs}.norm{j + 1}.{kind}", [f"{ours}.residuals.{j}.norm.{kind}"])]
        if isinstance(getattr(model, f"{side}_norm"), nn.LayerNorm):
            table += [(f"{side}.norm.{kind}", [f"{side}_norm.{kind}"]) for kind in ("weight", "bias")]
    return table


def to_torch_state(model: Transformer) -> dict[str, Tensor]:
    """我们的权重，排成 nn.Transformer 的 state_dict。"""
    ours = model.state_dict()
    return {key: torch.cat([ours[name] for name in names]) for key, names in key_table(model)}  # 3 个 (C, C) -> (3C, C)


def from_torch_state(theirs: dict[str, Tensor], model: Transformer) -> None:
    """把 nn.Transformer 的 state_dict 装进 model；词向量与输出层不动。两边的键对不上就抛 ValueError。"""
    table = key_table(model)
    different = {key for key, _ in table} ^ theirs.keys()
    if different:
        raise ValueError(f"键对不上，例如 {sorted(different)[0]}：两边的层数或 norm 不同")
    ours = model.state_dict()
    for key, names in table:
        for name, part in zip(names, theirs[key].chunk(len(names))):  # (3C, C) -> 3 个 (C, C)
            ours[name].copy_(part)


def twin(model: Transformer) -> nn.Transformer:
    """结构与 model 相同的 nn.Transformer，dropout 为 0，权重还没有复制。"""
    layer = model.encoder[0]
    sizes = {"d_model": model.d_model, "nhead": layer.attention.num_heads}
    sizes |= {"num_encoder_layers": len(model.encoder), "num_decoder_layers": len(model.decoder)}
    sizes |= {"dim_feedforward": layer.feed_forward.up.out_features, "norm_first": layer.residuals[0].pre}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "enable_nested_tensor")  # 只关系到它推理时的一条快路，与结果无关
        reference = nn.Transformer(**sizes, dropout=0.0, batch_first=True)
    if isinstance(model.encoder_norm, nn.Identity):  # 与论文相同：post-norm 的末尾不再归一化
        reference.encoder.norm = reference.decoder.norm = None
    return reference


def to_torch(model: Transformer) -> nn.Transformer:
    """带着 model 的权重的 nn.Transformer：`to_torch(m)(m.source(src), m.target(tgt), ...)` 是 decode 的输出。"""
    reference = twin(model)
    reference.load_state_dict(to_torch_state(model))
    return reference.train(model.training)
