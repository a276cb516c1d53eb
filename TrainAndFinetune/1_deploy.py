"""本地部署的实验：一个 GGUF 里到底是几位，量化错多少、损失涨多少，内存的公式对不对，忘了减 1 会怎样。

教什么：名字叫 Q4_K_M 的文件为什么平均 7.5 位；每种格式的误差与位数；量化以后的损失；四笔内存账与实测相等。
不教什么：下载（`download_model.py`）、服务（`serve.py`）、用 NF4 微调（`methods/quantized.py`）。
怎么跑：`python TrainAndFinetune/1_deploy.py`（约 2 分钟，第一次另有一分钟转换），`--smoke`（随机小模型，几秒）。
对应笔记：`1_deploy.md`。
"""

from collections import defaultdict
from collections.abc import Callable

import gguf
import numpy as np
import torch
from torch import Tensor, nn
from transformers import DynamicCache

from book import Parser, common_options, emit_result, output_dir, repository_root, run, seeded
from TrainAndFinetune.base import load_base, tiny_model
from TrainAndFinetune.decoding.kv_cache import CACHE_ARGUMENT
from TrainAndFinetune.models import EMBEDDED, KNOWN, assemble, open_gguf
from TrainAndFinetune.quantization import blocks, memory, nf4

TEXT = repository_root() / "TrainAndFinetune" / "data" / "held_out.txt"
INT4 = torch.arange(-7, 8) / 7  # 等距的 15 个值：对称，含 0


def through_gguf(name: str) -> Callable[[Tensor], Tensor]:
    """用 gguf 包编码，用我们的或它的解码。"""
    kind = gguf.GGMLQuantizationType[name]
    return lambda w: torch.from_numpy(gguf.dequantize(gguf.quantize(w.reshape(-1).numpy(), kind), kind)).view(w.shape)


def through_q4_k(w: Tensor) -> Tensor:
    """拉平了分成 256 个一块：llama.cpp 只许块在一行之内，所以 640 宽的行用不上它；这里只为比较。"""
    flat = w.reshape(-1, 256).numpy()
    return torch.from_numpy(blocks.decode_q4_k(blocks.encode_q4_k(flat))).view(w.shape)


def through_int4(w: Tensor) -> Tensor:
    """等距的 4 位：块长 64，比例是块内的最大绝对值（float16）。"""
    parts = nf4.split_blocks(w, 64)
    scales = parts.abs().amax(dim=1, keepdim=True).half().float().clamp(min=1e-8)
    return (INT4[nf4.nearest(parts / scales, INT4)] * scales).view(-1)[: w.numel()].view(w.shape)


def through_nf4(w: Tensor, block: int = 64, double: bool = True) -> Tensor:
    return nf4.dequantize(nf4.quantize(w, block, double))


# 名字 -> (平均每个权重几位, 量化再解开)
ROUND_TRIPS = {
    "Q8_0": (8.5, through_gguf("Q8_0")),
    "Q5_0": (5.5, through_gguf("Q5_0")),
    "Q4_0": (4.5, through_gguf("Q4_0")),
    "Q4_K": (4.5, through_q4_k),
    "INT4": (4 + 16 / 64, through_int4),
    "NF4": (4 + 8 / 64 + 32 / 64 / nf4.GROUP, through_nf4),
}


def part_file() -> dict:
    """自带的 GGUF：每种块有几个张量、几个参数；多少个矩阵的行长不是 256 的倍数。"""
    tensors = open_gguf(assemble(EMBEDDED)).tensors
    kinds: dict[str, dict] = defaultdict(lambda: {"tensors": 0, "parameters": 0, "bytes": 0})
    for tensor in tensors:
        row = kinds[tensor.kind]
        row["tensors"] += 1
        row["parameters"] += tensor.parameters
        row["bytes"] += tensor.bytes
    matrices = [tensor for tensor in tensors if len(tensor.shape) == 2]
    odd = [tensor for tensor in matrices if tensor.shape[1] % 256]
    body = sum(tensor.parameters for tensor in matrices if tensor.name != "token_embd.weight")
    total = sum(row["parameters"] for row in kinds.values())
    bits = 8 * sum(row["bytes"] for row in kinds.values()) / total
    return {
        "file_bytes": KNOWN[EMBEDDED].bytes, "parameters": total, "bits": bits,
        "matrices": len(matrices), "odd_matrices": len(odd), "body_parameters": body,
        "embedding_share": 1 - body / total, "kinds": {name: kinds[name] for name in sorted(kinds)},
    }  # fmt: skip


def relative_error(w: Tensor, other: Tensor) -> float:
    """‖ŵ - w‖ / ‖w‖。"""
    return ((other - w).norm() / w.norm()).item()


def part_errors(model: nn.Module, seed: int) -> dict:
    """每种格式的相对误差：第 0 层的 v_proj（GGUF 里是 8 位，最接近原样）与 gate_proj（已经是 Q5_0）、正态的随机数。"""
    layer = model.model.layers[0]
    real, again = layer.self_attn.v_proj.weight.detach().float(), layer.mlp.gate_proj.weight.detach().float()
    kinds = {"real": real, "again": again, "normal": torch.randn(1024, 256, generator=seeded(seed, "normal"))}
    rows = [
        {"format": name, "bits": bits} | {key: relative_error(w, trip(w)) for key, w in kinds.items()}
        for name, (bits, trip) in ROUND_TRIPS.items()
    ]
    sizes = []
    for block in (32, 64, 128, 256, 1024, real.numel()):
        packed = nf4.quantize(real, block)
        error = nf4.split_blocks(nf4.dequantize(packed) - real, block).abs().amax(dim=1)
        sizes.append({"block": block, "bits": packed.bits, "error": relative_error(real, nf4.dequantize(packed)),
                      "of_bound": (error / nf4.error_bound(real, packed)).max().item()})  # fmt: skip
    plain = nf4.quantize(real, 64, double=False)
    return {"errors": rows, "blocks": sizes, "plain_bits": plain.bits,
            "plain_error": relative_error(real, nf4.dequantize(plain))}  # fmt: skip


def passages(tokenizer, count: int, length: int) -> Tensor:
    """held_out.txt 开头的 count 段，各 length 个词元：(count, length)；没有分词器就用随机的编号。"""
    if tokenizer is None:
        return torch.randint(1, 97, (count, length), generator=seeded(0, "passages"))
    ids = tokenizer(TEXT.read_text(encoding="utf-8"), add_special_tokens=False)["input_ids"]
    body = torch.tensor(ids[: count * (length - 1)]).view(count, length - 1)
    return torch.cat([torch.full((count, 1), tokenizer.bos_token_id), body], dim=1)


@torch.no_grad()
def evaluate(model: nn.Module, ids: Tensor) -> tuple[float, Tensor]:
    """平均每个词元的损失（看着真的前文猜下一个）与每个位置猜的词元。"""
    losses, guesses = [], []
    for row in ids:
        logits = model(row[None]).logits[0, :-1].float()  # (T - 1, V)
        losses.append(nn.functional.cross_entropy(logits, row[1:], reduction="none"))
        guesses.append(logits.argmax(dim=-1))
    return torch.cat(losses).mean().item(), torch.cat(guesses)


def linear_weights(model: nn.Module) -> list[nn.Parameter]:
    """各层的矩阵，不含词向量（也是输出层）。"""
    return [m.weight for name, m in model.named_modules() if isinstance(m, nn.Linear) and "lm_head" not in name]


@torch.no_grad()
def part_loss(model: nn.Module, ids: Tensor) -> dict:
    """各层的矩阵换成量化再解开的：它们一共错多少，损失涨多少，猜的词元有多少与原来相同；最后一行连词向量也换。"""
    base, guesses = evaluate(model, ids)
    kept = [w.detach().clone() for w in linear_weights(model)]
    embedding, total = model.model.embed_tokens.weight, sum(w.square().sum().item() for w in kept)
    rows = [{"format": "bf16", "bits": 16, "error": 0.0, "loss": base, "same": 1.0}]
    for name, (bits, trip) in [*ROUND_TRIPS.items(), ("NF4 + embedding", ROUND_TRIPS["NF4"])]:
        for w, original in zip(linear_weights(model), kept):
            w.copy_(trip(original))
        error = sum((w - v).square().sum().item() for w, v in zip(linear_weights(model), kept)) / total
        saved = embedding.detach().clone() if "embedding" in name else None
        if saved is not None:
            embedding.copy_(trip(saved))
        loss, now = evaluate(model, ids)
        same = (now == guesses).float().mean().item()
        rows.append({"format": name, "bits": bits, "error": error**0.5, "loss": loss, "same": same})
        if saved is not None:
            embedding.copy_(saved)
        print(rows[-1], flush=True)
    for w, original in zip(linear_weights(model), kept):
        w.copy_(original)
    return {"tokens": ids[:, 1:].numel(), "loss": rows}


@torch.no_grad()
def part_forgotten(model: nn.Module, ids: Tensor) -> dict:
    """转换时忘了减 1：归一化乘的是 2 + w，而不是 1 + w。"""
    norms = [p for name, p in model.named_parameters() if "norm" in name]
    right, guesses = evaluate(model, ids)
    for p in norms:
        p.add_(1)
    wrong, now = evaluate(model, ids)
    for p in norms:
        p.sub_(1)
    uniform = float(np.log(model.config.vocab_size))
    return {"forgotten": {"right": right, "wrong": wrong, "uniform": uniform, "norms": len(norms),
                          "same": (now == guesses).float().mean().item()}}  # fmt: skip


def shape_of(config) -> memory.Shape:
    """transformers 的配置 -> 算账用的形状。"""
    return memory.Shape(
        config.num_hidden_layers, config.hidden_size, config.num_attention_heads, config.num_key_value_heads,
        config.head_dim, config.intermediate_size, config.vocab_size, config.sliding_window,
        config.layer_types.index("full_attention") + 1 if "full_attention" in config.layer_types else 1_000_000,
    )  # fmt: skip


@torch.no_grad()
def measured_kv(model: nn.Module, tokens: int) -> tuple[int, int]:
    """预填 tokens 个之后：缓存里的张量的字节，与它们背后的内存的字节（滑动窗口的张量是一段视图，整段还在）。"""
    cache = DynamicCache(config=model.config)
    model(torch.ones(1, tokens, dtype=torch.long), logits_to_keep=1, **{CACHE_ARGUMENT: cache})
    tensors = [x for layer in cache.layers for x in (layer.keys, layer.values)]
    return sum(x.nbytes for x in tensors), sum(x.untyped_storage().nbytes() for x in tensors)


def measured_activations(model: nn.Module, tokens: int) -> int:
    """一次前向留给反向的、与词元数成正比的字节：长一倍多出来的。不经过参数的（RoPE 的表，各层共用）不算。"""
    totals = []
    for length in (tokens, 2 * tokens):
        ids, kept = torch.ones(1, length, dtype=torch.long), {}

        def keep(x, kept=kept, length=length):
            if x.requires_grad or x.ndim == 3 and x.shape[2] == length:  # 后者是注意力的 logsumexp (1, H, T)
                kept[x.untyped_storage()._cdata] = x  # 留着它，地址才不会被别的张量再用
            return x

        with torch.autograd.graph.saved_tensors_hooks(keep, lambda x: x):
            model(ids, labels=ids, use_cache=False)
        totals.append(sum(x.untyped_storage().nbytes() for x in kept.values()))
    return totals[1] - totals[0]


def part_memory(model: nn.Module, tokens: int, window_tokens: int) -> dict:
    """四笔账：公式与实测。"""
    shape = shape_of(model.config)
    weights = sum(p.nbytes for p in model.parameters())
    kv, held = measured_kv(model, window_tokens)
    activations = measured_activations(model, tokens)
    full = memory.training_bytes(shape, memory.parameter_count(shape), 512)
    answer = memory.training_bytes(shape, memory.parameter_count(shape), 512, logits=64)
    return {"memory": {
        "weights": weights, "weights_formula": memory.weight_bytes(memory.parameter_count(shape), 32),
        "kv_tokens": window_tokens, "kv": kv, "kv_formula": memory.kv_bytes(shape, window_tokens, 4),
        "kv_held": held,
        "activation_tokens": tokens, "activations": activations,
        "activations_formula": memory.activation_bytes(shape, tokens),
        "kv_4096": memory.kv_bytes(memory.GEMMA_270M, 4096),
        "train_512": full.total, "train_512_activations": full.activations,
        "train_512_answer_only": answer.total, "train_512_answer_only_activations": answer.activations,
    }}  # fmt: skip


def main(argv=None) -> dict:
    parser = Parser(__doc__)
    common_options(parser, __file__)
    args = parser.parse_args(argv)
    output_dir(args.out)
    if args.smoke:
        model, tokenizer, count, length = tiny_model(args.seed, hidden_size=64), None, 2, 16
    else:
        (model, tokenizer), count, length = load_base(), 4, 256
    parameters = sum(p.numel() for p in model.parameters())
    print(f"参数 {parameters:,}  设备 cpu（量化在 CPU 上做）  类型 float32  文字 {count} 段 × {length} 个词元")
    results: dict = {} if args.smoke else part_file()
    ids = passages(tokenizer, count, length)
    results |= part_errors(model, args.seed)
    results |= part_memory(model, 4 if args.smoke else 32, 24 if args.smoke else 600)
    results |= part_forgotten(model, ids)
    results |= part_loss(model, ids)
    return emit_result(results)


if __name__ == "__main__":
    run(main)
