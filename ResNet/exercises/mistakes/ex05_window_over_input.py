"""错：窗口的循环走遍了输入，不是输出。"""

from ResNet.exercises.solutions.ex05_conv2d import output_size, pad2d

HINT = "只走到 output_size 给的高与宽"


def conv2d(x, weight, bias=None, stride=1, padding=0):
    K = weight.shape[2]
    H, W = (output_size(size, K, stride, padding) for size in x.shape[2:])
    x = pad2d(x, padding)
    out = x.new_zeros(x.shape[0], weight.shape[0], H, W)
    for i in range(x.shape[2]):
        for j in range(x.shape[3]):
            for o in range(weight.shape[0]):
                window = x[:, :, i * stride : i * stride + K, j * stride : j * stride + K]
                out[:, o, i, j] = (window * weight[o]).sum(dim=(1, 2, 3))
    return out if bias is None else out + bias.view(1, -1, 1, 1)
