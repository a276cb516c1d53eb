"""手写的卷积层：卷积（循环版与 im2col 版）、池化、BatchNorm（含闭式梯度）、折叠、感受野与计算量。

教什么：卷积就是「取窗口、拉直、乘矩阵」；BatchNorm 训练与推理是两个函数；推理时它能并进卷积。
不教什么：转置卷积、FFT 与 Winograd 算法、1D/3D 卷积、SyncBatchNorm。
约定：图像 (N, C, H, W)；大小、步幅、补零、膨胀都是一个整数，高宽相同（`fold_bn` 除外，它收任何 nn.Conv2d）。
对应笔记：`4_convolution.md`；与 torch 的比较见 `tests/test_resnet_layers.py`。
"""

import math

import torch
from torch import Tensor, nn


def output_size(size: int, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> int:
    """卷积或池化之后的边长：⌊(size + 2·padding - dilation·(kernel-1) - 1) / stride⌋ + 1    式 (4.2)

    >>> output_size(224, kernel=7, stride=2, padding=3), output_size(32, kernel=5)
    (112, 28)
    """
    extent = dilation * (kernel - 1) + 1  # 核张开后盖住的边长
    if size + 2 * padding < extent:
        raise ValueError(
            f"输入 {size} 加两边补零 {2 * padding} 还不到核的跨度 {extent}；减小 kernel 或 dilation，或增大 padding"
        )
    return (size + 2 * padding - extent) // stride + 1


def pad2d(x: Tensor, padding: int, value: float = 0.0) -> Tensor:
    """四周各补 padding 圈 value：(N, C, H, W) -> (N, C, H+2p, W+2p)。"""
    N, C, H, W = x.shape
    padded = x.new_full((N, C, H + 2 * padding, W + 2 * padding), value)
    padded[:, :, padding : padding + H, padding : padding + W] = x
    return padded


def conv2d_loops(
    x: Tensor, weight: Tensor, bias: Tensor | None = None, stride=1, padding=0, dilation=1, groups=1
) -> Tensor:
    """照定义写的卷积，七层循环里的三层在 Python 里：慢，但每一步都看得见。

    x (N, C, H, W)，weight (O, C/groups, K, K)，bias (O,)，返回 (N, O, H', W')。

    >>> conv2d_loops(torch.arange(9.0).view(1, 1, 3, 3), torch.tensor([[[[1.0, 0.0], [0.0, -1.0]]]]))
    tensor([[[[-4., -4.],
              [-4., -4.]]]])
    """
    N, C, H, W = x.shape
    O, C_group, K, _ = weight.shape
    H_out, W_out = (output_size(size, K, stride, padding, dilation) for size in (H, W))
    x = pad2d(x, padding)
    out = x.new_empty(N, O, H_out, W_out)
    span = dilation * (K - 1) + 1
    for o in range(O):
        first = o // (O // groups) * C_group  # 第 o 个输出通道所在的组从哪个输入通道开始
        for i in range(H_out):
            for j in range(W_out):
                top, left = i * stride, j * stride
                window = x[:, first : first + C_group, top : top + span : dilation, left : left + span : dilation]
                out[:, o, i, j] = (window * weight[o]).sum(dim=(1, 2, 3))  # (N, C/g, K, K) -> (N,)    式 (4.1)
    return out if bias is None else out + bias.view(1, O, 1, 1)


def windows(x: Tensor, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1, value: float = 0.0) -> Tensor:
    """所有滑动窗口：(N, C, H, W) -> (N, C, H', W', K, K)。补零之后只是换一种步幅看同一块内存，不复制。

    >>> windows(torch.arange(9.0).view(1, 1, 3, 3), kernel=2)[0, 0, 1, 0]  # 第 1 行第 0 列的窗口
    tensor([[3., 4.],
            [6., 7.]])
    """
    N, C, H, W = x.shape
    H_out, W_out = (output_size(size, kernel, stride, padding, dilation) for size in (H, W))
    x = pad2d(x, padding, value)
    n, c, h, w = x.stride()  # 下标加 1，内存里走几步
    strides = (n, c, h * stride, w * stride, h * dilation, w * dilation)
    return x.as_strided((N, C, H_out, W_out, kernel, kernel), strides)


def unfold(x: Tensor, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> Tensor:
    """im2col：每个窗口拉成一列，(N, C, H, W) -> (N, C·K·K, H'·W')，排列与 F.unfold 相同。"""
    view = windows(x, kernel, stride, padding, dilation)  # (N, C, H', W', K, K)
    N, C, H_out, W_out, K, _ = view.shape
    return view.permute(0, 1, 4, 5, 2, 3).reshape(N, C * K * K, H_out * W_out)  # 这里才复制


def conv2d(x: Tensor, weight: Tensor, bias: Tensor | None = None, stride=1, padding=0, dilation=1, groups=1) -> Tensor:
    """卷积 = im2col + 一次矩阵乘法。形状与 `conv2d_loops` 相同，可以反向传播。"""
    N, C, H, W = x.shape
    O, C_group, K, _ = weight.shape
    check_groups(C, weight, groups)
    H_out, W_out = (output_size(size, K, stride, padding, dilation) for size in (H, W))
    columns = unfold(x, K, stride, padding, dilation)  # (N, C, H, W) -> (N, C·K·K, H'·W')
    columns = columns.view(N, groups, C_group * K * K, H_out * W_out)  # 每组只看自己的 C/g 个输入通道
    matrix = weight.view(groups, O // groups, C_group * K * K)
    out = (matrix @ columns).view(N, O, H_out, W_out)  # (g, O/g, CKK/g) @ (N, g, CKK/g, H'W')    式 (4.3)
    return out if bias is None else out + bias.view(1, O, 1, 1)


def check_groups(channels: int, weight: Tensor, groups: int) -> None:
    """weight (O, C/groups, K, K) 要与输入的 channels 个通道对得上。"""
    if weight.shape[1] * groups != channels or weight.shape[0] % groups:
        raise ValueError(
            f"输入 {channels} 个通道、groups={groups}，weight 却是 {tuple(weight.shape)}；"
            f"weight 要 (O, C/groups, K, K)，O 与 C 都能被 groups 整除"
        )


def max_pool2d(x: Tensor, kernel: int, stride: int | None = None, padding: int = 0) -> Tensor:
    """窗口里取最大。stride 默认等于 kernel；补的是 -inf 而不是 0，否则全负的边缘会被补出来的 0 盖住。

    >>> max_pool2d(torch.full((1, 1, 2, 2), -5.0), kernel=2, padding=1)
    tensor([[[[-5., -5.],
              [-5., -5.]]]])
    """
    check_pool_padding(kernel, padding)
    return windows(x, kernel, stride or kernel, padding, value=-math.inf).amax(dim=(-2, -1))


def avg_pool2d(x: Tensor, kernel: int, stride: int | None = None, padding: int = 0) -> Tensor:
    """窗口里取平均；补的 0 也算进分母（torch 的默认 count_include_pad=True）。"""
    check_pool_padding(kernel, padding)
    return windows(x, kernel, stride or kernel, padding).mean(dim=(-2, -1))


def check_pool_padding(kernel: int, padding: int) -> None:
    """补零超过半个核，就会有窗口整个落在图外：最大值成了 -inf。"""
    if padding > kernel // 2:
        raise ValueError(f"padding={padding} 不能超过 kernel/2={kernel // 2}：否则有窗口里一个真像素都没有")


def global_avg_pool2d(x: Tensor) -> Tensor:
    """每个通道一个平均数：(N, C, H, W) -> (N, C)。没有参数，也不管输入多大。"""
    return x.mean(dim=(2, 3))


def batch_norm_train(x: Tensor, gamma: Tensor, beta: Tensor, eps: float = 1e-5) -> tuple[Tensor, Tensor, Tensor]:
    """训练时的 BatchNorm（Ioffe & Szegedy 2015，算法 1）。返回 (y, 均值, 有偏方差)，后两个 (C,)。

    x (N, C, H, W)：每个通道在 N·H·W 个数上各算一个均值与方差。

    >>> y, mean, var = batch_norm_train(torch.tensor([1.0, 3.0]).view(2, 1, 1, 1), torch.ones(1), torch.zeros(1))
    >>> y.flatten(), mean, var
    (tensor([-1.0000,  1.0000]), tensor([2.]), tensor([1.]))
    """
    # region normalize
    mean = x.mean(dim=(0, 2, 3))  # (N, C, H, W) -> (C,)
    var = x.var(dim=(0, 2, 3), correction=0)  # 有偏：除以 m 而不是 m-1             式 (4.5)
    x_hat = (x - mean.view(1, -1, 1, 1)) / (var + eps).sqrt().view(1, -1, 1, 1)  # eps 在根号里面
    return gamma.view(1, -1, 1, 1) * x_hat + beta.view(1, -1, 1, 1), mean, var  #   式 (4.6)
    # endregion


def batch_norm_backward(grad: Tensor, x: Tensor, gamma: Tensor, eps: float = 1e-5) -> tuple[Tensor, Tensor, Tensor]:
    """`batch_norm_train` 的闭式梯度：grad = ∂L/∂y，返回 (∂L/∂x, ∂L/∂γ, ∂L/∂β)。推导见笔记「公式」一节。"""
    dims, m = (0, 2, 3), x.numel() // x.shape[1]  # 每个通道有 m = N·H·W 个数
    mean, var = x.mean(dims, keepdim=True), x.var(dims, correction=0, keepdim=True)
    inv_std = (var + eps).rsqrt()
    x_hat = (x - mean) * inv_std
    grad_beta = grad.sum(dims)  # (N, C, H, W) -> (C,)
    grad_gamma = (grad * x_hat).sum(dims)
    # 减掉两样：梯度的均值（x 整体平移不改变 y），梯度在 x̂ 方向的分量（x 整体放大不改变 y）    式 (4.8)
    centered = grad - grad_beta.view(1, -1, 1, 1) / m - x_hat * grad_gamma.view(1, -1, 1, 1) / m
    return gamma.view(1, -1, 1, 1) * inv_std * centered, grad_gamma, grad_beta


class BatchNorm2d(nn.Module):
    """手写的 nn.BatchNorm2d：参数名、缓冲区名与它相同，state_dict 可以互相装载。

    训练时用这一批的均值与有偏方差，顺手更新滑动统计量（用无偏方差）；推理时只用滑动统计量。
    """

    def __init__(self, num_features: int, eps: float = 1e-5, momentum: float = 0.1):
        super().__init__()
        self.num_features, self.eps, self.momentum = num_features, eps, momentum
        self.weight = nn.Parameter(torch.ones(num_features))  # γ
        self.bias = nn.Parameter(torch.zeros(num_features))  # β
        self.register_buffer("running_mean", torch.zeros(num_features))
        self.register_buffer("running_var", torch.ones(num_features))
        self.register_buffer("num_batches_tracked", torch.tensor(0))

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            scale = self.weight / (self.running_var + self.eps).sqrt()
            shift = self.bias - self.running_mean * scale
            return x * scale.view(1, -1, 1, 1) + shift.view(1, -1, 1, 1)  # 每通道一次乘、一次加    式 (4.7)
        m = x.numel() // x.shape[1]
        if m == 1:
            raise ValueError(
                f"训练时每个通道至少要 2 个数，收到 {tuple(x.shape)}：一个数减去自己的均值恒为 0。加大批次或 eval()"
            )
        y, mean, var = batch_norm_train(x, self.weight, self.bias, self.eps)
        self.update_running(mean.detach(), var.detach() * m / (m - 1))  # 滑动方差用无偏的
        return y

    @torch.no_grad()
    def update_running(self, mean: Tensor, unbiased_var: Tensor) -> None:
        """滑动平均。注意 momentum 是新值的权重，与优化器里的 momentum 相反。"""
        self.running_mean.lerp_(mean, self.momentum)  # r <- (1 - momentum) r + momentum 新值
        self.running_var.lerp_(unbiased_var, self.momentum)
        self.num_batches_tracked += 1


@torch.no_grad()
def fold_bn(conv: nn.Conv2d, bn: nn.BatchNorm2d) -> nn.Conv2d:
    """把推理时的 BatchNorm 并进它前面的卷积：返回一个带偏置的新卷积，conv 与 bn 不变。

    只对 eval 模式成立（训练时的均值方差随批次变），也只对「卷积在前、BN 在后」成立：
    反过来的话，卷积补的零在 BN 之后才补，边缘一圈会对不上。

    >>> conv, bn = nn.Conv2d(3, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8).eval()
    >>> x = torch.randn(2, 3, 5, 5)
    >>> torch.allclose(fold_bn(conv, bn)(x), bn(conv(x)), atol=1e-6)
    True
    """
    if conv.out_channels != bn.num_features:
        raise ValueError(f"卷积出 {conv.out_channels} 个通道，BatchNorm 收 {bn.num_features} 个：这两层不是前后相接的")
    if bn.running_mean is None:
        raise ValueError("这个 BatchNorm 没有滑动统计量（track_running_stats=False），推理时也用当批统计量，不能折叠")
    # 换成 float64 再算：两次舍入变一次，折叠的误差就只剩卷积自己的
    mean, var = bn.running_mean.double(), bn.running_var.double()
    gamma = torch.ones_like(var) if bn.weight is None else bn.weight.double()
    beta = torch.zeros_like(mean) if bn.bias is None else bn.bias.double()
    old_bias = torch.zeros_like(mean) if conv.bias is None else conv.bias.double()
    scale = gamma / (var + bn.eps).sqrt()  # (O,)
    folded = nn.Conv2d(
        conv.in_channels, conv.out_channels, conv.kernel_size, conv.stride, conv.padding, conv.dilation, conv.groups,
        padding_mode=conv.padding_mode, device=conv.weight.device, dtype=conv.weight.dtype,
    )  # fmt: skip
    folded.weight.copy_(conv.weight.double() * scale.view(-1, 1, 1, 1))  # w' = w γ/√(σ²+ε)      式 (4.9)
    folded.bias.copy_(beta + (old_bias - mean) * scale)  # b' = β + (b - μ) γ/√(σ²+ε)           式 (4.10)
    return folded.train(conv.training)


def receptive_field(layers: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """逐层的 (感受野边长, 步距)。layers 是 [(kernel, stride), ...]，从输入往后排。

    步距（jump）：这一层相邻两个位置在输入上隔几个像素。

    >>> receptive_field([(5, 1), (2, 2), (5, 1), (2, 2), (5, 1)])  # LeNet-5
    [(5, 1), (6, 2), (14, 2), (16, 4), (32, 4)]
    """
    size, jump, sizes = 1, 1, []
    for kernel, stride in layers:
        size += (kernel - 1) * jump  # 多看 kernel-1 步，每步 jump 个像素    式 (4.4)
        jump *= stride
        sizes.append((size, jump))
    return sizes


def conv_cost(in_channels: int, out_channels: int, kernel: int, out_size: int, groups: int = 1, bias=True) -> dict:
    """一层卷积的参数量与一张图的乘加次数（MAC；1 MAC = 2 FLOP，不计加偏置）。

    >>> conv_cost(1, 6, kernel=5, out_size=28)  # LeNet 的 C1
    {'parameters': 156, 'macs': 117600}
    """
    weights = out_channels * (in_channels // groups) * kernel**2
    return {"parameters": weights + out_channels * bias, "macs": weights * out_size**2}
