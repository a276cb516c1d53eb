"""ex06 BatchNorm：训练时用当批的统计量，推理时用攒下来的。

级别：补全。先读：`4_convolution.md`。
检查：`pytest ResNet/exercises/check_ex06.py`
"""

from torch import Tensor, nn


class BatchNorm2d(nn.Module):
    """对每个通道：y = γ (x - μ) / √(σ² + ε) + β。x (N, C, H, W)，y 同形。

    训练时（self.training 为真）
      μ、σ² 由这一批算出，每个通道在 N·H·W 个数上算一份；归一化用有偏方差（除以 m = N·H·W）。
      顺手更新滑动统计量：r <- (1 - momentum) r + momentum · 新值。
      running_mean 用 μ；running_var 用无偏方差（除以 m - 1）。
    推理时
      μ、σ² 就是 running_mean、running_var；什么也不更新。

    属性名与 nn.BatchNorm2d 相同：参数 weight（γ，从 1 开始）、bias（β，从 0 开始）；
    缓冲区 running_mean（从 0 开始）、running_var（从 1 开始），都是 (C,)。不用写 num_batches_tracked。
    缓冲区：跟着 state_dict 存取，但不是参数，不求导。

    >>> import torch
    >>> bn = BatchNorm2d(1)
    >>> bn(torch.tensor([1.0, 3.0]).view(2, 1, 1, 1)).flatten().tolist()  # μ = 2，有偏 σ² = 1
    [-0.9999949932098389, 0.9999949932098389]
    >>> [round(r.item(), 4) for r in (bn.running_mean, bn.running_var)]  # 0.9·0 + 0.1·2；0.9·1 + 0.1·2
    [0.2, 1.1]
    """

    def __init__(self, num_features: int, eps: float = 1e-5, momentum: float = 0.1):
        super().__init__()
        raise NotImplementedError

    def forward(self, x: Tensor) -> Tensor:
        raise NotImplementedError
