"""nn.Module、初始化、钩子、浮点格式：笔记 2 的实验。

教什么：手写 Linear、参数与缓冲区、list 代替 ModuleList 的代价、为什么要保方差、钩子、全 bf16 训练丢了什么。
不教什么：优化器与训练循环（笔记 3）、卷积与 BatchNorm（笔记 4）。
怎么跑：`python ResNet/2_module.py`（全部实验，约半分钟）；`--smoke` 减小规模，几秒。
对应笔记：`2_module.md`。
"""

import math

import torch
from torch import Tensor, nn

from book import Parser, UserError, common_options, emit_result, run, seed_everything
from ResNet.float_formats import FORMATS, add_repeatedly

# ---------------------------------------------------------------- 参数与缓冲区


class Linear(nn.Module):
    """手写的全连接层：y = x Wᵀ + b，(..., in_features) -> (..., out_features)。    式 (2.1)

    参数名、形状、初值的分布与 nn.Linear 相同，state_dict 可以互换。

    >>> Linear(3, 2)(torch.ones(5, 4, 3)).shape
    torch.Size([5, 4, 2])
    """

    def __init__(self, in_features: int, out_features: int, bias: bool = True):
        super().__init__()
        bound = 1 / math.sqrt(in_features)  # nn.Linear 的默认：U(-1/√n, 1/√n)，方差 1/(3n)，比 He 的 2/n 小得多
        self.weight = nn.Parameter(torch.empty(out_features, in_features).uniform_(-bound, bound))
        if bias:
            self.bias = nn.Parameter(torch.empty(out_features).uniform_(-bound, bound))
        else:
            self.register_parameter("bias", None)  # 登记成 None：属性在，state_dict 里没有

    def forward(self, x: Tensor) -> Tensor:
        y = x @ self.weight.T  # (..., in) @ (in, out) -> (..., out)
        return y if self.bias is None else y + self.bias


class Standardize(nn.Module):
    """减均值、除标准差。mean 与 std 要存盘、要跟着 .to() 走，却不该被优化器改：这就是缓冲区（buffer）。"""

    def __init__(self, data: Tensor):
        super().__init__()
        self.register_buffer("mean", data.mean(0))  # (N, C) -> (C,)
        self.register_buffer("std", data.std(0, correction=0))

    def forward(self, x: Tensor) -> Tensor:
        return (x - self.mean) / self.std


# ---------------------------------------------------------------- 反例：list 代替 ModuleList


class DeepNet(nn.Module):
    """depth 个隐藏层加一个输出层。container 是 nn.ModuleList（对）或 list（反例）。"""

    def __init__(self, container=nn.ModuleList, depth: int = 4, width: int = 32):
        super().__init__()
        sizes = [2] + [width] * depth
        self.hidden = container([nn.Linear(a, b) for a, b in zip(sizes, sizes[1:])])
        self.head = nn.Linear(width, 2)

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.hidden:
            x = torch.tanh(layer(x))  # (N, 2) -> (N, width) -> ...
        return self.head(x)


def spirals(N: int = 400, seed: int = 0) -> tuple[Tensor, Tensor]:
    """两条缠在一起的螺线：points (N, 2) 与类别 (N,)。直线分不开，要靠隐藏层。"""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(N) % 2
    radius = torch.rand(N, generator=generator).sqrt()
    angle = 3 * math.pi * radius + math.pi * labels
    points = radius[:, None] * torch.stack([angle.cos(), angle.sin()], dim=1)
    return points + 0.02 * torch.randn(N, 2, generator=generator), labels


def train_spirals(
    container=nn.ModuleList, *, steps: int, lr: float = 0.01, seed: int = 0, dtype=torch.float32, autocast: bool = False
) -> dict:
    """整批训练 steps 步。dtype 是参数的格式；autocast 让矩阵乘法用 bf16 算而参数留在原格式。

    返回登记的参数个数、首末损失、准确率，以及登记的参数里一点没变的比例 unchanged。
    """
    torch.manual_seed(seed)
    model = DeepNet(container).to(dtype)
    x, target = spirals(seed=seed)
    x, before = x.to(dtype), [p.detach().clone() for p in model.parameters()]
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    losses = []
    for _ in range(steps):
        with torch.autocast("cpu", torch.bfloat16, enabled=autocast):
            logits = model(x)
        loss = nn.functional.cross_entropy(logits.float(), target)  # 损失总在 fp32 里算
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    parameters = sum(p.numel() for p in before)
    return {
        "parameters": parameters,
        "loss_first": losses[0],
        "loss_last": losses[-1],
        "accuracy": (logits.argmax(1) == target).float().mean().item(),
        "unchanged": sum((a == b).sum().item() for a, b in zip(before, model.parameters())) / parameters,
    }


# ---------------------------------------------------------------- 初始化：方差要保住

INITS = {  # 名字 -> 权重的标准差，n 是输入个数
    "normal_0.01": lambda n: 0.01,
    "linear_default": lambda n: math.sqrt(1 / (3 * n)),  # U(-1/√n, 1/√n) 的标准差
    "xavier": lambda n: math.sqrt(1 / n),  # 原式 2/(n_in + n_out)，这里进出一样宽
    "he": lambda n: math.sqrt(2 / n),
    "too_big": lambda n: math.sqrt(4 / n),
}


def activation_stds(weight_std: float, depth: int = 20, width: int = 256, N: int = 128, seed: int = 0) -> list[float]:
    """depth 层线性 + ReLU（无偏置），返回每层线性输出（ReLU 之前）的标准差。"""
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(N, width, generator=generator)
    stds = []
    for _ in range(depth):
        W = weight_std * torch.randn(width, width, generator=generator)
        z = x @ W.T  # (N, width) @ (width, width) -> (N, width)
        stds.append(z.square().mean().sqrt().item())  # 均值为 0，均方根就是标准差
        x = z.relu()
    return stds


def mean_stds(weight_std: float, draws: int, **sizes) -> list[float]:
    """draws 组随机权重的方差取平均再开方：单独一组会偏离预言（宽度有限），方差的平均才收敛到它。"""
    variances = torch.tensor([activation_stds(weight_std, seed=seed, **sizes) for seed in range(draws)]) ** 2
    return variances.mean(0).sqrt().tolist()  # (draws, depth) -> (depth,)


def predicted_std(weight_std: float, layer: int, width: int = 256) -> float:
    """第 layer 层（从 1 起）的预言：第一层 √n·σ，以后每层乘 √(n/2)·σ。    式 (2.3)

    >>> he = math.sqrt(2 / 256)
    >>> round(predicted_std(he, 1), 6), round(predicted_std(he, 20), 6)  # He：每层乘 1
    (1.414214, 1.414214)
    """
    return math.sqrt(width) * weight_std * (math.sqrt(width / 2) * weight_std) ** (layer - 1)


# ---------------------------------------------------------------- 钩子


def layer_shapes(model: nn.Module, x: Tensor) -> list[tuple[str, str, tuple]]:
    """用前向钩子收集每个叶子模块的 (名字, 类型, 输出形状)；结束后摘掉全部钩子。

    >>> layer_shapes(nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU()), torch.zeros(2, 1, 8, 8))
    [('0', 'Conv2d', (2, 4, 6, 6)), ('1', 'ReLU', (2, 4, 6, 6))]
    """
    rows, handles = [], []
    for name, module in model.named_modules():
        if not list(module.children()):

            def record(module, inputs, output, name=name):  # name=name：不然循环结束后全是最后一个名字
                rows.append((name, type(module).__name__, tuple(output.shape)))

            handles.append(module.register_forward_hook(record))
    try:
        model(x)
    finally:  # 前向出错也要摘：忘了摘的钩子以后每次前向都会跑
        for handle in handles:
            handle.remove()
    return rows


def main(argv=None) -> dict:
    parser = Parser(__doc__)
    common_options(parser, script=__file__)
    args = parser.parse_args(argv)
    if args.device not in ("auto", "cpu"):
        raise UserError(f"--device {args.device}：这些小实验只在 CPU 上跑；去掉 --device")
    seed_everything(args.seed)
    steps, long, draws = (20, 20, 2) if args.smoke else (400, 1500, 20)
    print(f"设备 cpu（网络只有 3,330 个参数，用不上 GPU），训练 {steps} 与 {long} 步，种子 {args.seed}")

    small = {"steps": long, "lr": 1e-4}
    runs = {
        "registration": {"nn.ModuleList": {"steps": steps}, "list": {"steps": steps, "container": list}},
        "precision": {
            "fp32": small,
            "autocast": small | {"autocast": True},
            "bf16": small | {"dtype": torch.bfloat16},
            "bf16 lr=0.01": {"steps": steps, "lr": 0.01, "dtype": torch.bfloat16},
        },
    }
    result = {}
    for experiment, rows in runs.items():
        result[experiment] = [{"run": name} | train_spirals(seed=args.seed, **row) for name, row in rows.items()]
        for row in result[experiment]:
            losses = f"{row['loss_first']:.3f} -> {row['loss_last']:.4f}"
            print(f"{row['run']:15s}{row['parameters']:6,d} 个参数，损失 {losses}，"
                  f"准确率 {row['accuracy']:.3f}，没变的参数 {row['unchanged']:.1%}")  # fmt: skip
    result["init"] = []
    for name, weight_std in INITS.items():
        row = {
            "init": name,
            "std": mean_stds(weight_std(256), draws)[-1],
            "predicted": predicted_std(weight_std(256), 20),
        }
        result["init"].append(row)
        print(f"{name:15s} 第 20 层的标准差 {row['std']:.2e}，预言 {row['predicted']:.2e}")
    result["ones"] = {str(dtype)[6:]: add_repeatedly(0.0, 1.0, 1000, dtype) for dtype in FORMATS}
    print(f"1000 个 1 逐个相加：{result['ones']}")
    return emit_result(result)


if __name__ == "__main__":
    run(main)
