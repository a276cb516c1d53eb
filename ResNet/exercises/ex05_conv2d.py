"""ex05 卷积：输出多大、四周怎么补、窗口怎么走，自己写一遍。

级别：手算 + 补全。先读：`4_convolution.md`。
检查：`pytest ResNet/exercises/check_ex05.py`
"""

from torch import Tensor


def output_size(size: int, kernel: int, stride: int = 1, padding: int = 0) -> int:
    """手算：边长 size 的输入，两边各补 padding 个零，核边长 kernel，每次走 stride 步，能放下几个窗口？

    先在纸上画 size=5、kernel=3、stride=2、padding=0：窗口从 0 和 2 开始，所以是 2。再写成公式。
    最后不满一个窗口的那几格不要（向下取整）。

    >>> output_size(5, kernel=3, stride=2)
    2
    >>> output_size(32, kernel=3, padding=1)
    32
    """
    raise NotImplementedError


def pad2d(x: Tensor, padding: int) -> Tensor:
    """补全：四周各补 padding 圈零。x (N, C, H, W)，返回 (N, C, H+2p, W+2p)。不用 F.pad。

    >>> import torch
    >>> pad2d(torch.ones(1, 1, 1, 2), padding=1)
    tensor([[[[0., 0., 0., 0.],
              [0., 1., 1., 0.],
              [0., 0., 0., 0.]]]])
    """
    raise NotImplementedError


def conv2d(x: Tensor, weight: Tensor, bias: Tensor | None = None, stride: int = 1, padding: int = 0) -> Tensor:
    """补全：二维卷积，与 F.conv2d 相同（不用它）。循环也好、`F.unfold` 加矩阵乘法也好，都可以。

    x (N, C, H, W)，weight (O, C, K, K)，bias (O,)，返回 (N, O, H', W')：

        out[n, o, i, j] = bias[o] + Σ_{c, u, v} weight[o, c, u, v] · x_补[n, c, i·stride + u, j·stride + v]

    要能反向传播：x 与 weight 的梯度和 F.conv2d 的一样。

    >>> import torch
    >>> x = torch.arange(9.0).view(1, 1, 3, 3)
    >>> conv2d(x, torch.tensor([[[[1.0, 0.0], [0.0, -1.0]]]]))  # 左上减右下：0 - 4、1 - 5……
    tensor([[[[-4., -4.],
              [-4., -4.]]]])
    """
    raise NotImplementedError
