"""错：unfold 之后用 reshape 冒充转置，批与输出通道混在一起。"""

from torch.nn import functional as F

from ResNet.exercises.solutions.ex05_conv2d import output_size, pad2d  # noqa: F401

HINT = "批是第 0 维，通道是第 1 维"


def conv2d(x, weight, bias=None, stride=1, padding=0):
    N, C, H, W = x.shape
    O, _, K, _ = weight.shape
    columns = F.unfold(x, K, stride=stride, padding=padding).transpose(0, 1).flatten(1)  # (CKK, N·L)
    out = weight.view(O, -1) @ columns  # (O, N·L)
    out = out.reshape(N, O, output_size(H, K, stride, padding), output_size(W, K, stride, padding))
    return out if bias is None else out + bias.view(1, O, 1, 1)
