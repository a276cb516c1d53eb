"""ex05 的答案。"""

import torch
from torch import Tensor


def output_size(size: int, kernel: int, stride: int = 1, padding: int = 0) -> int:
    # 第一个窗口占 kernel 格；剩下的每 stride 格再放一个
    return (size + 2 * padding - kernel) // stride + 1


def pad2d(x: Tensor, padding: int) -> Tensor:
    N, C, H, W = x.shape
    padded = x.new_zeros(N, C, H + 2 * padding, W + 2 * padding)
    padded[:, :, padding : padding + H, padding : padding + W] = x
    return padded


def conv2d(x: Tensor, weight: Tensor, bias: Tensor | None = None, stride: int = 1, padding: int = 0) -> Tensor:
    N, C, H, W = x.shape
    O, _, K, _ = weight.shape
    H_out, W_out = (output_size(size, K, stride, padding) for size in (H, W))
    x = pad2d(x, padding)
    rows = []
    for i in range(H_out):
        for j in range(W_out):
            window = x[:, :, i * stride : i * stride + K, j * stride : j * stride + K]  # (N, C, K, K)
            rows.append(torch.einsum("ncuv,ocuv->no", window, weight))  # -> (N, O)
    out = torch.stack(rows, dim=2).view(N, O, H_out, W_out)  # (N, O, H'·W') -> (N, O, H', W')
    return out if bias is None else out + bias.view(1, O, 1, 1)  # 每个输出通道一个偏置
