"""张量、广播、自动求导：笔记 1 的实验。

教什么：地址公式与步幅、广播规则、(N,) 减 (N, 1) 的代价、梯度检查、手写引擎与 torch 的比较。
不教什么：nn.Module（笔记 2）、训练循环（笔记 3）。
怎么跑：`python ResNet/1_tensors.py`（全部实验，约 10 秒）；`--smoke` 减小规模，几秒。只打印，不写文件。
对应笔记：`1_tensors.md`。
"""

import math
import random

import torch
from torch import Tensor

from book import Parser, UserError, common_options, emit_result, run, seed_everything
from ResNet.scalar_autograd import Value, central_difference, random_program, run_program

# ---------------------------------------------------------------- 张量：一块内存加一张读法


def contiguous_strides(shape) -> tuple[int, ...]:
    """行优先（C 序）的步幅：第 k 维走一步要跨过后面所有维的元素个数。

    >>> contiguous_strides((2, 3, 4))
    (12, 4, 1)
    """
    strides, step = [], 1
    for size in reversed(shape):
        strides.append(step)
        step *= max(size, 1)  # 与 torch 相同：长度 0 的维按 1 算
    return tuple(reversed(strides))


def element(x: Tensor, *index: int) -> float:
    """不用 x[i, j]，自己按地址公式到存储里取：offset + Σ index_k · stride_k    式 (1.1)

    >>> x = torch.arange(6.0).view(2, 3)
    >>> element(x, 1, 2), element(x.T, 2, 1)  # 转置没有搬数据：两个步幅换了位置
    (5.0, 5.0)
    """
    address = x.storage_offset() + sum(i * stride for i, stride in zip(index, x.stride()))
    whole = x.as_strided((x.untyped_storage().nbytes() // x.element_size(),), (1,), 0)  # 整块存储，一维
    return whole[address].item()


def misplaced_share(height: int, width: int, channels: int = 3) -> float:
    """把 (H, W, C) 图像用 reshape 而不是 permute 变成 (C, H, W)：多少元素放错了地方。"""
    image = torch.arange(height * width * channels).view(height, width, channels)
    right = image.permute(2, 0, 1)  # (H, W, C) -> (C, H, W)，轴换位，每个值跟着自己的坐标走
    wrong = image.reshape(channels, height, width)  # 形状也对，但只是把同一串数重新切行
    return (right != wrong).float().mean().item()


# ---------------------------------------------------------------- 广播


def broadcast_shape(*shapes) -> tuple[int, ...]:
    """广播之后的形状：右对齐，左边补 1，每一维要么相等、要么是 1。    式 (1.2)

    >>> broadcast_shape((8, 1, 6), (7, 1))
    (8, 7, 6)
    >>> broadcast_shape((3,), (3, 1))  # 没有报错，但多半不是你要的
    (3, 3)
    """
    rank = max(len(shape) for shape in shapes)
    aligned = [(1,) * (rank - len(shape)) + tuple(shape) for shape in shapes]
    result = []
    for axis, sizes in enumerate(zip(*aligned)):
        wide = {size for size in sizes if size != 1}
        if len(wide) > 1:
            raise ValueError(f"倒数第 {rank - axis} 维的长度是 {sizes}：要么相等，要么是 1。打印两边的 .shape，再补 1")
        result.append(wide.pop() if wide else 1)
    return tuple(result)


def line_data(N: int = 100, seed: int = 0) -> tuple[Tensor, Tensor]:
    """y = 3x + 1 加标准差 0.3 的噪声：x (N, 1)，y (N,)。"""
    generator = torch.Generator().manual_seed(seed)
    x = torch.rand(N, 1, generator=generator) * 2 - 1
    return x, 3 * x[:, 0] + 1 + 0.3 * torch.randn(N, generator=generator)


def fit_line(x: Tensor, y: Tensor, squeeze: bool, steps: int = 300, lr: float = 0.1) -> dict:
    """梯度下降拟合 y ≈ wx + b；squeeze=False 是反例：(N, 1) 减 (N,) 悄悄变成 (N, N)。"""
    w = torch.zeros(1, 1, requires_grad=True)
    b = torch.zeros(1, requires_grad=True)
    for _ in range(steps):
        prediction = x @ w + b  # (N, 1) @ (1, 1) + (1,) -> (N, 1)，@ 是矩阵乘法
        prediction = prediction.squeeze(1) if squeeze else prediction  # (N, 1) -> (N,)
        loss = ((prediction - y) ** 2).mean()
        w.grad = b.grad = None  # 不清就会累加
        loss.backward()
        with torch.no_grad():  # 更新参数这一步不进计算图
            w -= lr * w.grad
            b -= lr * b.grad
    residual = (x @ w + b).squeeze(1) - y
    r2 = 1 - (residual**2).sum() / ((y - y.mean()) ** 2).sum()
    return {"w": w.item(), "b": b.item(), "loss": loss.item(), "r2": r2.item()}


# ---------------------------------------------------------------- 自动求导


def graph_size(x: Tensor) -> int:
    """张量背后还留着多少个反向节点（从 grad_fn 出发能走到的都算）。

    >>> w = torch.ones(1, requires_grad=True)
    >>> graph_size(w * 2 + 1), graph_size((w * 2 + 1).detach())
    (3, 0)
    """
    seen, stack = set(), [x.grad_fn]
    while stack:
        node = stack.pop()
        if node is not None and node not in seen:
            seen.add(node)
            stack.extend(parent for parent, _ in node.next_functions)
    return len(seen)


def difference_errors(exponents) -> list[float]:
    """exp(x) 在 x=1 的中心差分，步长 h = 10^-k：与真导数 e 的相对误差。"""
    gradients = [central_difference(lambda x: math.exp(x[0]), [1.0], h=10.0**-k)[0] for k in exponents]
    return [abs(gradient - math.e) / math.e for gradient in gradients]


def engine_error(seed: int, n_inputs: int = 4, length: int = 25) -> float:
    """一张随机图上，手写引擎与 torch（float64）的值和梯度的最大相对误差（分母至少为 1）。"""
    rng = random.Random(seed)
    inputs = [rng.uniform(-2, 2) for _ in range(n_inputs)]
    program = random_program(rng, inputs, length)
    ours = [Value(x) for x in inputs]
    reference = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in inputs]
    y, y_reference = run_program(program, ours), run_program(program, reference)
    y.backward()
    if y_reference.requires_grad:
        y_reference.backward()
    pairs = [(y.data, y_reference.item())]
    pairs += [(a.grad, 0.0 if b.grad is None else b.grad.item()) for a, b in zip(ours, reference)]
    return max(abs(a - b) / max(1.0, abs(b)) for a, b in pairs)


XOR = [((0.0, 0.0), 0.0), ((0.0, 1.0), 1.0), ((1.0, 0.0), 1.0), ((1.0, 1.0), 0.0)]


def xor_weights(hidden: int, seed: int) -> list[float]:
    """同一份初值给两边，排成一行：W1 (hidden, 2)、b1 (hidden,)、w2 (hidden,)、b2 (1,)。"""
    rng = random.Random(seed)
    return [rng.uniform(-1, 1) for _ in range(4 * hidden)] + [0.0]


def train_with_engine(steps: int, hidden: int = 4, lr: float = 0.1, seed: int = 0) -> tuple[list[float], list[float]]:
    """用手写引擎训练 2-hidden-1 的 tanh 网络学异或：返回每步的损失和最后的全部参数。"""
    parameters = [Value(w) for w in xor_weights(hidden, seed)]
    W1, b1, w2 = parameters[: 2 * hidden], parameters[2 * hidden : 3 * hidden], parameters[3 * hidden : -1]
    losses = []
    # region engine_training
    for _ in range(steps):
        loss = Value(0.0)
        for (x0, x1), target in XOR:
            h = [(W1[2 * k] * x0 + W1[2 * k + 1] * x1 + b1[k]).tanh() for k in range(hidden)]
            prediction = sum((w * z for w, z in zip(w2, h)), parameters[-1])
            loss = loss + (prediction - target) ** 2 / len(XOR)
        for p in parameters:
            p.grad = 0.0
        loss.backward()
        for p in parameters:
            p.data -= lr * p.grad
        losses.append(loss.data)
    # endregion
    return losses, [p.data for p in parameters]


def xor_loss(flat: Tensor) -> Tensor:
    """同一个网络的张量写法：四个样本一次算完。flat (4·hidden + 1,) 是排成一行的全部参数。"""
    hidden = len(flat) // 4
    W1, b1, w2, b2 = flat.split([2 * hidden, hidden, hidden, 1])
    x = torch.tensor([point for point, _ in XOR], dtype=flat.dtype)
    target = torch.tensor([label for _, label in XOR], dtype=flat.dtype)
    h = torch.tanh(x @ W1.view(hidden, 2).T + b1)  # (4, 2) @ (2, hidden) + (hidden,) -> (4, hidden)
    return ((h @ w2 + b2 - target) ** 2).mean()  # (4, hidden) @ (hidden,) -> (4,) -> ()


def train_with_torch(steps: int, hidden: int = 4, lr: float = 0.1, seed: int = 0) -> tuple[list[float], list[float]]:
    """同样的网络、初值、步数，由 torch 求导。"""
    flat = torch.tensor(xor_weights(hidden, seed), dtype=torch.float64, requires_grad=True)
    losses = []
    for _ in range(steps):
        loss = xor_loss(flat)
        flat.grad = None
        loss.backward()
        with torch.no_grad():
            flat -= lr * flat.grad
        losses.append(loss.item())
    return losses, flat.tolist()


def sharpness(weights: list[float]) -> float:
    """损失面在这一点最陡方向的曲率：海森矩阵的最大特征值 λ。步长超过 2/λ，梯度下降沿这个方向发散。"""
    hessian = torch.autograd.functional.hessian(xor_loss, torch.tensor(weights, dtype=torch.float64))
    return torch.linalg.eigvalsh(hessian)[-1].item()


def compare_training(steps: int, lr: float = 0.1, seed: int = 0) -> dict:
    """两边逐步的损失之差、末尾的参数之差，首末的损失，末尾的曲率。"""
    losses, weights = train_with_engine(steps, lr=lr, seed=seed)
    losses_torch, weights_torch = train_with_torch(steps, lr=lr, seed=seed)
    return {
        "loss_first": losses[0],
        "loss_last": losses[-1],
        "loss_difference": max(abs(a - b) for a, b in zip(losses, losses_torch)),
        "weight_difference": max(abs(a - b) for a, b in zip(weights, weights_torch)),
        "sharpness": sharpness(weights_torch),
    }


def main(argv=None) -> dict:
    parser = Parser(__doc__, conflict_handler="resolve")
    common_options(parser, script=__file__)
    parser.add_argument("--out", metavar="DIR", help="不起作用：这个脚本不写文件")  # 换掉公共选项里的那句说明
    args = parser.parse_args(argv)
    if args.device not in ("auto", "cpu"):
        raise UserError(f"--device {args.device}：这些小实验只在 CPU 上跑；去掉 --device")
    seed_everything(args.seed)
    graphs, steps = (20, 30) if args.smoke else (500, 500)
    print(f"设备 cpu（都是小实验，用不上 GPU），随机图 {graphs} 张，训练 {steps} 步，种子 {args.seed}")

    x, y = line_data(seed=args.seed)
    result = {"variance_y": y.var(correction=0).item(), "graphs": graphs, "steps": steps}
    for name, squeeze in (("right", True), ("wrong", False)):
        row = result[name] = fit_line(x, y, squeeze)
        print(f"拟合 y = 3x + 1，squeeze={squeeze!s:5}：w={row['w']:6.3f}，R²={row['r2']:.3f}，损失 {row['loss']:.3f}")
    result["misplaced"] = misplaced_share(32, 32)
    print(f"reshape 冒充 permute：32x32 彩色图有 {result['misplaced']:.1%} 的值放错位置")
    errors = sorted(engine_error(args.seed + i) for i in range(graphs))
    result |= {"engine_error": errors[-1], "engine_error_median": errors[graphs // 2]}
    print(f"手写引擎与 torch：{graphs} 张随机图，相对误差中位 {errors[graphs // 2]:.1e}，最大 {errors[-1]:.1e}")
    for name, lr in (("training", 0.1), ("unstable", 0.3)):
        row = result[name] = compare_training(steps, lr, args.seed)
        losses = f"损失 {row['loss_first']:.3f} -> {row['loss_last']:.1e}，两边最多差 {row['loss_difference']:.1e}"
        print(f"异或网络 lr={lr}：{losses}，曲率 {row['sharpness']:.2f}，2/lr = {2 / lr:.2f}")
    result["unstable"]["sharpness_before"] = sharpness(train_with_torch(175, lr=0.3, seed=args.seed)[1])
    return emit_result(result)


if __name__ == "__main__":
    run(main)
