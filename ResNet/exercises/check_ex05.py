"""检查 ex05：输出大小、补零、卷积的值与梯度，与 torch.nn.functional 比较。"""

import torch
from torch.nn import functional as F

from book import expect, load_exercise

ex = load_exercise(__file__)

WINDOW = "窗口伸出了图：从补过零的 x 上取，i、j 只走到 output_size 给的高与宽"
CAUSES = {  # 报错里的几个字 -> 多半是哪个想法错了
    "(0)": "切片 [p:-p] 在 p=0 时是 [0:-0]，也就是 [0:0]，空的：写 [p : p + H]",
    "NoneType": "bias 可以是 None：先判断 bias is None，再加",
    "out of bounds": WINDOW,
    "must match": WINDOW,
    "does not broadcast": WINDOW,
    "numpy()": "计算图断了：全程用 torch 的运算，不转成 numpy",
    "Boolean value": "有没有 bias 不能写 if bias（里面有好几个数）：写 if bias is not None",
}


def randn(*shape, seed=5):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def close(got, want):
    return got.shape == want.shape and torch.allclose(got, want, rtol=1e-5, atol=1e-5)


def call(function, *args, **options):
    """调用你的函数；认得出的报错、返回的不是 Tensor，都换成一句话。"""
    name = function.__name__
    try:
        got = function(*args, **options)
    except (RuntimeError, IndexError, AttributeError, TypeError, ValueError) as error:
        for part, idea in CAUSES.items():
            expect(part not in str(error), f"{name} 抛了 {type(error).__name__}：{idea}。Python 说：{error}")
        raise
    advice = "忘了 return？" if got is None else "攒在列表里的用 torch.stack 合成一个，再 view 成四维"
    expect(isinstance(got, torch.Tensor), f"{name} 返回的是 {type(got).__name__}，应当是 Tensor：{advice}")
    return got


def check_size(idea, size, kernel, stride=1, padding=0):
    got = ex.output_size(size, kernel, stride=stride, padding=padding)
    want = F.conv1d(torch.zeros(1, 1, size), torch.zeros(1, 1, kernel), stride=stride, padding=padding).shape[-1]
    text = f"output_size({size}, kernel={kernel}, stride={stride}, padding={padding})"
    expect(got is not None, f"{text} 返回的是 NoneType，应当是 int：忘了 return？")
    expect(type(got) is int, f"{text} 应当是 {want}，得到 {got!r}：要 int，用 //（/ 给出的是小数）")
    expect(got == want, f"{text} 应当是 {want}，得到 {got}。{idea}")


def check_conv(idea, x, weight, bias=None, **options):
    got, want = call(ex.conv2d, x, weight, bias, **options), F.conv2d(x, weight, bias, **options)
    shapes = f"x {tuple(x.shape)}、weight {tuple(weight.shape)}"
    shapes += "".join(f"、{name}={value}" for name, value in options.items())
    expect(got.dim() == 4, f"{shapes}：输出是 {got.dim()} 维 {tuple(got.shape)}，最后 view 成 (N, O, H', W')")
    expect(not close(got, want.mT), f"{shapes}：输出的行列对调了，out[n, o, i, j] 的 i 是从上往下第几行，j 是第几列")
    expect(got.shape == want.shape, f"{shapes}：输出应当是 {tuple(want.shape)}，得到 {tuple(got.shape)}。{idea}")
    gap = (got - want).abs().max().item()
    expect(close(got, want), f"{shapes}：形状对，数不对，最多差 {gap:.3g}。{idea}")


def test_size_without_stride():
    check_size("第一个窗口占 kernel 格，剩下的每格再放一个：size - kernel + 1，别漏了 1", 5, 3)
    check_size("两边都补：+ 2·padding，不是 + padding", 5, 3, padding=1)


def test_size_with_stride_rounds_down():
    brackets = "output_size(7, kernel=3, stride=2) 得到 7：// 比加减先算，减法要括号，(size - kernel) // stride"
    expect(ex.output_size(7, kernel=3, stride=2) != 7, brackets)
    check_size("剩下的 size - kernel 格里，每 stride 格放一个，再加上第一个：先除再加 1", 7, 3, stride=2)
    check_size("最后不满一个窗口的不要：向下取整（//），不是向上，也不是小数", 6, 3, stride=2)
    check_size("ResNet 的第一层：(224 + 2·3 - 7) // 2 + 1", 224, 7, stride=2, padding=3)


def test_size_for_every_small_case():
    for size in range(1, 9):
        for kernel in range(1, size + 1):
            for stride in range(1, 4):
                for padding in range(3):
                    check_size("(size + 2·padding - kernel) // stride + 1", size, kernel, stride, padding)


def test_padding_is_on_all_four_sides():
    x = randn(2, 3, 4, 5)
    got = call(ex.pad2d, x, 2)
    idea = "上下左右各补 p：高宽都加 2p，不是只补右边和下边"
    expect(
        tuple(got.shape) == (2, 3, 8, 9), f"(2, 3, 4, 5) 补 2 圈应当是 (2, 3, 8, 9)，得到 {tuple(got.shape)}。{idea}"
    )
    inside = got[:, :, 2:6, 2:7]
    expect(close(inside, x), "形状对，但原图不在正中间：前面也要补 p 格，放在 [p : p+H, p : p+W]")
    expect(close(got, F.pad(x, (2, 2, 2, 2))), "四周补的应当都是 0：不是重复边缘，也不是没有初始化的内存")
    expect(close(call(ex.pad2d, x, 0), x), f"padding=0 应当原样返回：{CAUSES['(0)']}")


def test_the_kernel_is_not_flipped():
    x, weight = randn(1, 1, 4, 4), randn(1, 1, 3, 3, seed=6)
    flipped = close(call(ex.conv2d, x, weight), F.conv2d(x, weight.flip(2, 3)))
    expect(not flipped, "核上下左右翻转了：数学里的卷积要翻，深度学习里的 conv2d 不翻（其实是互相关）")
    check_conv("窗口与核逐个相乘再相加：u 配行，v 配列", x, weight)


def test_height_and_width_may_differ():
    idea = "高与宽各算各的输出大小；把 H 与 W 弄混，方的图上看不出来"
    check_conv(idea, randn(1, 1, 3, 6), randn(1, 1, 2, 2, seed=6))


def test_input_channels_are_summed():
    idea = "每个输出是所有输入通道的和（不是平均，也不是只看一个通道）；weight 的第 1 维配 x 的第 1 维"
    check_conv(idea, randn(1, 3, 4, 4), randn(1, 3, 2, 2, seed=6))


def test_each_output_channel_has_its_own_kernel():
    check_conv(
        "weight[o] 是第 o 个输出通道的核，输出按 o 的次序排在第 1 维", randn(1, 2, 4, 4), randn(3, 2, 2, 2, seed=6)
    )


def test_images_in_a_batch_do_not_mix():
    check_conv("一批里每张图各算各的；批是第 0 维，通道是第 1 维", randn(3, 2, 4, 4), randn(2, 2, 3, 3, seed=6))


def test_bias_belongs_to_the_output_channel():
    x, weight, bias = randn(1, 1, 4, 4), randn(3, 1, 2, 2, seed=6), randn(3, seed=7)
    expect(
        not close(call(ex.conv2d, x, weight, bias), F.conv2d(x, weight)), "没有加 bias：每个输出通道最后加上 bias[o]"
    )
    idea = "O 与 W' 都是 3，(3,) 右对齐到了宽上：bias.view(1, O, 1, 1) 才是每个通道一个"
    check_conv(idea, x, weight, bias)


def test_padding_in_the_convolution():
    x, weight = randn(2, 2, 4, 5), randn(3, 2, 3, 3, seed=6)
    check_conv("padding=1 时先 pad2d 再取窗口，输出大小也用同一个 padding", x, weight, padding=1)


def test_stride_moves_the_window():
    x, weight = randn(2, 2, 7, 8), randn(3, 2, 3, 3, seed=6)
    idea = "第 (i, j) 个窗口从 (i·stride, j·stride) 开始：只把输出变小、窗口仍一格一格走是不够的"
    check_conv(idea, x, weight, stride=2)
    check_conv(idea, x, weight, stride=3, padding=2)


def test_gradients_flow_to_x_and_weight():
    x, weight, bias = randn(2, 2, 5, 5), randn(3, 2, 3, 3, seed=6), randn(3, seed=7)
    leaves = [t.clone().requires_grad_() for t in (x, weight, bias)]
    out = call(ex.conv2d, *leaves, stride=2, padding=1)
    idea = "计算图断了：中间用了 .item()、.data、.detach()、no_grad 或 numpy"
    expect(out.requires_grad, f"输出没有 grad_fn，反向传不回去。{idea}")
    want_leaves = [t.clone().requires_grad_() for t in (x, weight, bias)]
    want = F.conv2d(*want_leaves, stride=2, padding=1)
    expect(out.shape == want.shape, f"stride=2、padding=1 的输出应当是 {tuple(want.shape)}，得到 {tuple(out.shape)}")
    expect(close(out, want), "stride=2、padding=1、带 bias 的输出就不对，先不看梯度：让上面几条先过")
    seed = randn(*want.shape, seed=8)
    out.backward(seed)
    want.backward(seed)
    for name, ours, reference in zip(("x", "weight", "bias"), leaves, want_leaves):
        expect(ours.grad is not None, f"{name}.grad 是 None：{idea}")
        expect(close(ours.grad, reference.grad), f"输出全对，{name} 的梯度却与 F.conv2d 的不同：有一部分断了。{idea}")
