"""整个模型：一批句子走过编码器与解码器，每一步的形状；与 nn.Transformer 比输出和梯度；参数在哪里。

教什么：数据怎样流过整个模型；怎样用权重互换证明两个实现相同；参数量的公式。
不教什么：训练（`train.py`）。
怎么跑：`python Transformer/4_transformer.py`（约 10 秒），`--smoke`（约 4 秒）。只打印，不写文件。
对应笔记：`4_transformer.md`。
"""

import torch
from torch import Tensor

from book import Parser, common_options, emit_result, pick_device, run, seed_everything
from Transformer.attention import PAD, causal_mask
from Transformer.convert import to_torch, to_torch_state
from Transformer.transformer import CONFIGURATIONS, Transformer, count_parameters


def example_batch() -> tuple[Tensor, Tensor]:
    """两句源句（6 个与 4 个词，短的补到 6）和两句目标（5 个词）。"""
    source = torch.tensor([[5, 6, 7, 8, 9, 2], [10, 11, 12, 2, 0, 0]])
    target = torch.tensor([[1, 4, 5, 6, 2], [1, 7, 8, 2, 0]])
    return source, target


def shapes(model: Transformer, source: Tensor, target: Tensor) -> list[tuple[str, tuple]]:
    """一次前向里，主要模块的 (名字, 输出形状)，按执行的次序。"""
    seen: list[tuple[str, tuple]] = []
    watched = {"source", "target", "output", "encoder_norm", "decoder_norm"}
    handles = []
    for name, module in model.named_modules():
        parts = name.split(".")
        if name in watched or (parts[0] in ("encoder", "decoder") and len(parts) in (2, 3) and "residuals" not in name):
            hook = lambda m, inputs, out, name=name: seen.append((name, tuple(out.shape)))  # noqa: E731
            handles.append(module.register_forward_hook(hook))
    model(source, target)
    for handle in handles:
        handle.remove()
    return seen


def compare_with_torch(norm: str) -> dict:
    """同样的权重，输出与全部梯度的最大相对误差（L2）。"""
    model = Transformer(17, 19, 32, 4, 2, 64, dropout=0.0, norm=norm)
    theirs = to_torch(model)
    source, target = example_batch()
    hidden_source = source == PAD
    memory, mask = model.encode(source)
    ours = model.decode(target, memory, mask)
    reference = theirs(
        model.source(source).detach(),
        model.target(target).detach(),
        tgt_mask=~causal_mask(target.shape[1]),  # 布尔掩码在 nn.Transformer 里 True 是「不能看」
        src_key_padding_mask=hidden_source,
        memory_key_padding_mask=hidden_source,
    )
    upstream = torch.randn(ours.shape)
    (ours * upstream).sum().backward()
    (reference * upstream).sum().backward()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(parameter.grad if parameter.grad is not None else torch.zeros_like(parameter))
    gradients = to_torch_state(model)  # 梯度与权重同形，用同一张对照表换过去
    errors = [relative(gradients[name], p.grad) for name, p in theirs.named_parameters()]
    return {"output": relative(ours, reference), "gradient": max(errors)}


def relative(a: Tensor, b: Tensor) -> float:
    return ((a - b).norm() / b.norm()).item()


def parameter_table(configuration: dict) -> dict:
    """参数都在哪里：词向量、注意力、前馈、归一化。"""
    with torch.device("meta"):
        model = Transformer(**configuration)
    parts = {"embedding": 0, "attention": 0, "feed_forward": 0, "norm": 0}
    for name, parameter in model.named_parameters():
        kind = next((k for k in ("attention", "feed_forward", "norm") if k in name), "embedding")
        parts[kind] += parameter.numel()
    return parts | {"total": count_parameters(model)}


def main(argv=None) -> dict:
    parser = Parser(__doc__)
    common_options(parser, __file__)
    args = parser.parse_args(argv)
    seed_everything(args.seed)
    print(f"设备 {pick_device(args.device)}；这个实验都在 CPU 上跑")
    model = Transformer(17, 19, 32, 4, 2, 64).eval()
    print(f"小模型 {count_parameters(model):,} 个参数；一批 2 句，源长 6，目标长 5：")
    for name, shape in shapes(model, *example_batch()):
        print(f"  {name:26s} {shape}")
    gaps = {norm: compare_with_torch(norm) for norm in ("post", "pre")}
    print(f"与 nn.Transformer 的相对误差：{gaps}")
    table = {name: parameter_table(configuration) for name, configuration in CONFIGURATIONS.items()}
    for name, parts in table.items():
        print(f"{name}：" + "，".join(f"{k} {v:,}" for k, v in parts.items()))
    return emit_result({"gaps": gaps, "parameters": table})


if __name__ == "__main__":
    run(main)
