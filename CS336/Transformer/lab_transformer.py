"""`Transformer.md` 里每个手算的数，与「怎么知道写对了」里的误差，一次算出来。

教什么：RMSNorm、RoPE、SwiGLU、交叉熵、AdamW 各算一个小例子；一批数据走过模型时每一步的形状；与 torch、Llama 差多少。
不教什么：反例（`pitfalls.py`）、参数与 FLOPs 的账（`accounting.py`）、训练（`run.py`）。
怎么跑：`python CS336/Transformer/lab_transformer.py`（约 6 秒；--smoke 做同样的事）。
对应笔记：`Transformer.md`。
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from book import Parser, common_options, emit_result, pick_device, run, seed_everything, seeded
from CS336.Transformer.convert import from_llama_state, llama_config, to_llama_state
from CS336.Transformer.functional import cross_entropy, scaled_dot_product_attention, silu, softmax
from CS336.Transformer.layers import RMSNorm
from CS336.Transformer.model import CONFIGURATIONS, TransformerLM, count_parameters
from CS336.Transformer.optimizer import AdamW, clip_grad_norm_, cosine_lr
from CS336.Transformer.rope import RotaryEmbedding


def gap(a: Tensor, b: Tensor) -> float:
    """最大绝对误差。"""
    return (a - b).abs().max().item()


def part_norm() -> dict:
    """(3, 4) 的 RMSNorm，与 LayerNorm 比。"""
    x = torch.tensor([3.0, 4.0])
    return {
        "mean_square": x.square().mean().item(),
        "rms": x.square().mean().sqrt().item(),
        "rms_norm": RMSNorm(2, eps=0.0)(x).tolist(),
        "layer_norm": F.layer_norm(x, (2,), eps=0.0).tolist(),
    }


def rotation(angle: float) -> Tensor:
    """逆时针转 angle 弧度的 2x2 矩阵。"""
    c, s = math.cos(angle), math.sin(angle)
    return torch.tensor([[c, -s], [s, c]])


def part_rope() -> dict:
    """(1, 0) 在位置 1 转到哪里；距离相同的两对位置，点积相同；四维时第二对转多慢。"""
    q, k = torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0])
    products = {f"dot_{m}_{n}": ((rotation(m) @ q) @ (rotation(n) @ k)).item() for m, n in ((3, 1), (7, 5), (1, 3))}
    four = RotaryEmbedding(4, 8)(torch.tensor([[1.0, 0.0, 1.0, 0.0]] * 2))[1]
    return {
        "rotated": (rotation(1.0) @ q).tolist(),
        "rotation_gap": gap(rotation(3.0).T @ rotation(1.0), rotation(-2.0)),
        "four_channels": four.tolist(),
        **products,
        "slowest_turn": 2 * math.pi * 10000 ** (62 / 64),  # D = 64：最慢的一对转一圈要几个词
    }


def part_swiglu() -> dict:
    """两个通道：SiLU(W₁x) 是门，乘在 W₃x 上。"""
    x = torch.tensor([1.0, 2.0])
    gate, up = torch.tensor([[1.0, 0.0], [0.0, -1.0]]) @ x, torch.tensor([[1.0, 1.0], [0.0, 1.0]]) @ x
    low = torch.linspace(-2, -1, 10001)
    return {
        "w1_x": gate.tolist(),
        "w3_x": up.tolist(),
        "silu": silu(gate).tolist(),
        "gated": (silu(gate) * up).tolist(),
        "silu_lowest": silu(low).min().item(),
        "silu_lowest_at": low[silu(low).argmin()].item(),
    }


def part_cross_entropy() -> dict:
    """logits (2, 1, 0)、目标 0：损失、概率、梯度；什么都不知道时的损失。"""
    logits = torch.tensor([2.0, 1.0, 0.0], requires_grad=True)
    loss = cross_entropy(logits, torch.tensor(0))
    return {
        "log_sum_exp": (loss + 2).item(),
        "loss": loss.item(),
        "probabilities": softmax(logits).tolist(),
        "gradient": torch.autograd.grad(loss, logits)[0].tolist(),
        "perplexity": math.exp(loss.item()),
        "ln_10000": math.log(10000),
    }


def part_adamw() -> dict:
    """w = 1，lr = 0.1，衰减 0.01，两步的梯度是 0.5 与 -0.5：每步之后的 w、m、v。"""
    w = nn.Parameter(torch.tensor([1.0]))
    optimizer, steps = AdamW([w], lr=0.1, weight_decay=0.01), []
    for g in (0.5, -0.5):
        w.grad = torch.tensor([g])
        optimizer.step()
        state = optimizer.state[w]
        steps.append({"w": w.item(), "m": state["m"].item(), "v": state["v"].item()})
    clipped = nn.Parameter(torch.zeros(2))
    clipped.grad = torch.tensor([3.0, 4.0])
    clip_grad_norm_([clipped], 1.0)
    rates = [cosine_lr(step, 1.0, 0.1, 2, 6) for step in range(8)]
    return {"adamw": steps, "clipped": clipped.grad.tolist(), "cosine": rates}


@torch.no_grad()
def part_shapes() -> dict:
    """讲义的基本配置，一批 2 句、每句 8 个词：每个模块的输出的形状；刚初始化的损失。"""
    model, shapes = TransformerLM(**CONFIGURATIONS["handout"]), {}

    def keep(name):
        def hook(module, inputs, out):  # 返回 None：钩子的返回值会换掉输出
            shapes.setdefault(name, str(tuple(out.shape)))

        return hook

    for name, module in model.named_modules():
        module.register_forward_hook(keep(name or "logits"))
    ids = torch.randint(10000, (2, 9), generator=seeded("shapes"))
    loss = cross_entropy(model(ids[:, :-1]), ids[:, 1:]).item()
    # 每块都一样，只留第 0 块；k、v 与 q 一样，w3 与 w1 一样
    same = (
        *(f"layers.{i}" for i in range(1, len(model.layers))),
        "layers.0.attn.k",
        "layers.0.attn.v",
        "layers.0.ffn.w3",
    )
    flow = [{"module": name, "output": shape} for name, shape in shapes.items() if not name.startswith(same)]
    return {"flow": flow, "initial_loss": loss, "parameters": count_parameters(model)}


def output_and_gradient(function, *inputs: Tensor) -> list[Tensor]:
    """一个函数的输出，与它乘固定随机数之后对每个输入的梯度。"""
    leaves = [x.detach().clone().requires_grad_() for x in inputs]
    out = function(*leaves)
    upstream = torch.randn(out.shape, generator=seeded("upstream"))
    return [out.detach(), *torch.autograd.grad(out, leaves, upstream)]


def part_twins(generator: torch.Generator) -> dict:
    """与 torch 的孪生函数比：输出与梯度的最大误差。"""
    x, target = torch.randn(8, 64, generator=generator), torch.randint(64, (8,), generator=generator)
    qkv = [torch.randn(2, 4, 16, 32, generator=generator) for _ in range(3)]
    mask, norm = torch.ones(16, 16, dtype=torch.bool).tril(), RMSNorm(64)
    pairs = {
        "softmax": (softmax, lambda x: F.softmax(x, -1), [x]),
        "silu": (silu, F.silu, [x]),
        "attention": (
            lambda *t: scaled_dot_product_attention(*t, mask),
            lambda *t: F.scaled_dot_product_attention(*t, mask),
            qkv,
        ),
        "cross_entropy": (lambda x: cross_entropy(x, target), lambda x: F.cross_entropy(x, target), [x]),
        "rms_norm": (norm, lambda x: F.rms_norm(x, (64,), eps=1e-5), [x]),
    }
    gaps = {}
    for name, (ours, theirs, inputs) in pairs.items():
        results = zip(output_and_gradient(ours, *inputs), output_and_gradient(theirs, *inputs))
        gaps[f"{name}_gap"] = max(gap(a, b) for a, b in results)
    return gaps | {"adamw_gap": adamw_gap(generator)}


def adamw_gap(generator: torch.Generator) -> float:
    """同样的起点与 20 步同样的梯度，两个 AdamW 走到哪里。"""
    start, grads = torch.randn(50, generator=generator), torch.randn(20, 50, generator=generator)
    ends = []
    for kind in (AdamW, torch.optim.AdamW):
        w = nn.Parameter(start.clone())
        optimizer = kind([w], lr=0.01, weight_decay=0.1)
        for g in grads:
            w.grad = g.clone()
            optimizer.step()
        ends.append(w.detach())
    return gap(*ends)


def part_llama() -> dict:
    """权重换给 transformers 的 Llama：logits 与每个权重的梯度的最大误差；不重排 RoPE 的配对时差多少。"""
    from transformers import LlamaForCausalLM

    ours = TransformerLM(100, 32, 64, 3, 4)
    theirs = LlamaForCausalLM(llama_config(ours)).eval()
    theirs.load_state_dict(to_llama_state(ours))
    ids = torch.randint(100, (2, 32), generator=seeded("llama"))
    a, b = ours(ids), theirs(ids).logits
    cross_entropy(a, ids).backward()
    cross_entropy(b, ids).backward()
    grads = from_llama_state({name: p.grad for name, p in theirs.named_parameters()}, 3, 4)
    worst = max(gap(p.grad, grads[name]) for name, p in ours.named_parameters())
    # 同样的权重，不重排：形状都对，装得进去
    straight = from_llama_state(to_llama_state(ours), 3, 4)
    rows = to_llama_state(ours)
    for i in range(3):
        for part in ("q_proj", "k_proj"):
            rows[f"model.layers.{i}.self_attn.{part}.weight"] = straight[f"layers.{i}.attn.{part}.weight"]
    theirs.load_state_dict(rows)
    with torch.no_grad():
        mixed = theirs(ids).logits
    return {"llama_gap": gap(a, b), "llama_gradient_gap": worst, "llama_unordered_gap": gap(a, mixed)}


@torch.no_grad()
def part_future(generator: torch.Generator) -> dict:
    """改最后一个词，前面的 logits 变多少；用缓存逐词算与一次算完差多少。"""
    model, ids = TransformerLM(100, 32, 64, 3, 4), torch.randint(100, (2, 32), generator=generator)
    edited = ids.clone()
    edited[:, -1] = (edited[:, -1] + 1) % 100
    whole, cache = model(ids), model.new_cache()
    one_by_one = torch.cat([model(ids[:, t : t + 1], cache=cache) for t in range(32)], dim=1)
    return {"future_gap": gap(model(edited)[:, :-1], whole[:, :-1]), "cache_gap": gap(one_by_one, whole)}


def show(name: str, value) -> str:
    """一行：名字与数，浮点 4 位有效数字。"""
    if isinstance(value, dict):
        return f"  {name}\n" + "\n".join(f"  {show(key, item)}" for key, item in value.items())
    items = value if isinstance(value, list) else [value]
    if items and isinstance(items[0], dict):
        return "\n".join(show(f"{name}.{i}", item) for i, item in enumerate(items))
    return f"  {name:28s} " + "  ".join(f"{item:.4g}" if isinstance(item, float) else str(item) for item in items)


def main(argv=None) -> dict:
    parser = Parser(__doc__)
    common_options(parser, __file__)
    args = parser.parse_args(argv)
    pick_device(args.device)
    seed_everything(args.seed)
    print(f"cpu，float32，种子 {args.seed}；--device 在这里不起作用：数都很小")
    generator = seeded("lab", args.seed)
    results = part_norm() | part_rope() | part_swiglu() | part_cross_entropy() | part_adamw() | part_shapes()
    results |= part_twins(generator) | part_llama() | part_future(generator)
    print("\n".join(show(name, value) for name, value in results.items()))
    return emit_result(results)


if __name__ == "__main__":
    run(main)
