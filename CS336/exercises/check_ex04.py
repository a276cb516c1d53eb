"""检查 ex04：RMSNorm、SwiGLU 与宽度，逐项与手算、与 torch 比较。"""

import math
import traceback

import torch
from torch.nn import functional as F

from book import expect, load_exercise

ex = load_exercise(__file__)

HEADLESS = "mean(-1) 少了 keepdim=True：(..., C) 要变成 (..., 1) 才能广播回去"
STORED = "权重存成 (出, 入)：x (..., C) @ w1.T (C, F) -> (..., F)，回来用 w2.T (F, C)；@ 才是矩阵乘法"
CAUSES = {  # 函数 -> 报错里的几个字 -> 多半是哪个想法错了
    "rms_norm": {
        "Dimension out of range": "沿最后一维 dim=-1：x 可以只有一维",
        "is not defined": "少了导入：题目开头已有 math、torch，别的自己加",
        "must match": HEADLESS,
        "doesn't match": HEADLESS,
        "in-place operation": "别就地改传进来的 x：float32 的 x.float() 就是 x 自己，写 x = x * …，不写 x *= …",
        "cannot be multiplied": "weight 是逐元素乘上去的 (C,)，不是矩阵",
        "numpy()": "计算图断了：全程用 torch 的运算，不转成 numpy",
    },
    "swiglu": {
        "not callable": "w1、w2、w3 是矩阵，不是层：写 x @ w1.T",
        "is not defined": "少了导入：silu 是 torch.nn.functional 里的，或自己写 a * torch.sigmoid(a)",
        "cannot be multiplied": STORED,
        "must match": STORED,
        "only supported on": "x 可以有任意多维：转置的是权重，不是 x",
        "dimension": STORED,
        "numpy()": "计算图断了：全程用 torch 的运算，不转成 numpy",
    },
}


def randn(*shape, seed=4):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def close(got, want, rtol=1e-4, atol=1e-6):
    return got.shape == want.shape and torch.allclose(got.double(), want.double(), rtol=rtol, atol=atol)


def line_of(error, function) -> int:
    """你的文件里，是哪一行抛的。"""
    mine = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == function.__code__.co_filename]
    return mine[-1] if mine else function.__code__.co_firstlineno


def call(function, *args):
    """调用你的函数；报错、忘了 return，都换成一句话。"""
    name = function.__name__
    try:
        got = function(*args)
    except Exception as error:
        text = " ".join(str(error).split())
        idea = next((idea for part, idea in CAUSES.get(name, {}).items() if part in text), "先看这一行")
        expect(False, f"{name} 第 {line_of(error, function)} 行抛了 {type(error).__name__}：{idea}。Python 说：{text}")
    expect(got is not None, f"{name} 返回的是 NoneType：忘了 return？")
    return got


def tensor_from(function, x, *args):
    """调用你的函数：返回的是 Tensor，形状与 x 相同，x 没有被改。"""
    name, before = function.__name__, x.detach().clone()
    got = call(function, x, *args)
    expect(isinstance(got, torch.Tensor), f"{name} 返回的是 {type(got).__name__}，应当是 Tensor")
    advice = "；float32 的 x.float() 就是 x 自己" if name == "rms_norm" else ""
    expect(torch.equal(x, before), f"{name} 改动了传进来的 x：写 x = x * …，不写 x *= …{advice}")
    text = f"{name} 的形状应当与 x 相同，{tuple(x.shape)}，得到 {tuple(got.shape)}"
    dot = name == "rms_norm" and got.dim() < x.dim()
    expect(not dot, f"{text}。weight 是逐元素乘上去的 (C,)，不是矩阵乘法")
    expect(got.shape == x.shape, f"{text}。{HEADLESS if name == 'rms_norm' else STORED}")
    return got


def rounded(x):
    return [round(value, 4) for value in x.detach().flatten().tolist()]


def match(got, want, text, ideas, otherwise):
    """got 应当等于 want；先看它等于哪个错的结果，说那个想法。ideas：想法 -> 错的结果。"""
    text = f"{text}得到 {rounded(got)}，应当是 {rounded(want)}"
    if not close(got, want):
        for idea, wrong in ideas.items():
            expect(not close(got.reshape(-1), wrong.reshape(-1)), f"{text}。{idea}")
    expect(close(got, want), f"{text}。{otherwise}")


# ---------------------------------------------------------------- RMSNorm


def test_norm_by_hand():
    x = torch.tensor([1.0, 7.0])
    got = tensor_from(ex.rms_norm, x, torch.ones(2), 0.0)
    ideas = {
        "减了均值，那是 LayerNorm；RMSNorm 不减": torch.tensor([-1.0, 1.0]),
        "除的是平方和的根：要平方的均值 (1 + 49) / 2": x / math.sqrt(50),
        "没有开根号：除的是 √25，不是 25": x / 25,
        "均值取了，平方忘了：先平方再平均，不是先平均再平方": x / 4,
        "除的是标准差 std：它先减了均值；RMSNorm 不减": x / 3,
        "除的是标准差 std：它先减了均值，还除以 C-1；RMSNorm 不减": x / math.sqrt(18),
        "除的是最大值": x / 7,
        "乘上去了：要除以均方根；rsqrt 已经是 1/√，乘它就是除": x * 5,
        "归一化写成了 softmax": x.softmax(-1),
        "除了两次：rsqrt 已经是 1/√": x * 25,
        "原样返回了 x": x,
    }
    match(got, x / 5, "x = (1, 7)、ε = 0：", ideas, "除以 √(mean(x²)) = 5")


def test_epsilon_is_inside_the_root():
    x = torch.tensor([1.0, 7.0])
    got = tensor_from(ex.rms_norm, x, torch.ones(2), 11.0)
    ideas = {
        "ε 加在根号外面了：√(25 + 11) = 6，不是 5 + 11": x / 16,
        "ε 加在平方和上、又被除以 C 了：先取均值 25，再加 11": x / math.sqrt(61 / 2),
        "ε 没有用到，或写死成一个很小的数：它是参数 eps": x / 5,
        "ε 自己被平方了：加的是 ε": x / math.sqrt(25 + 121),
        "ε 加在每个 x 上了：先平方、取均值，再加": x / math.sqrt((144 + 324) / 2),
        "ε 加在 1/√ 之后了：rsqrt 的括号里才是加的地方": x * (1 / 5 + 11),
        "ε 减掉了": x / math.sqrt(14),
    }
    match(got, x / 6, "x = (1, 7)、ε = 11：", ideas, "√(mean(x²) + ε) = √36")


def test_a_row_of_zeros_stays_zero():
    got = tensor_from(ex.rms_norm, torch.zeros(2, 3), torch.ones(3), 1e-5)
    expect(not bool(got.isnan().any()), "全 0 的一行得到 nan：0 / 0；ε 加在根号里，分母就不是 0")
    expect(bool((got == 0).all()), f"全 0 的一行应当还是 0，得到 {rounded(got)}")


def test_each_channel_has_its_gain():
    x, weight = torch.tensor([1.0, 7.0]), torch.tensor([2.0, -0.5])
    got = call(ex.rms_norm, x, weight, 0.0)
    expect(isinstance(got, torch.Tensor), f"rms_norm 返回的是 {type(got).__name__}，应当是 Tensor")
    ideas = {
        "weight 没有用到": x / 5,
        "乘的是 1 + weight：那是 Gemma 的写法（初值是 0）；这里初值是 1，直接乘": x / 5 * (1 + weight),
        "除以了 weight：是乘": x / 5 / weight,
        "先乘 weight 再归一化：增益进了均方根，大小又被除掉了": x * weight / math.sqrt((4 + 12.25) / 2),
        "加上了 weight：增益是乘": x / 5 + weight,
        "weight 与 x 做了点积：是逐元素乘": torch.tensor([-0.3]),
        "乘的是 weight 的均值：每个通道有自己的增益": x / 5 * 0.75,
        "weight 乘了两次": x / 5 * weight * weight,
        "weight 取了绝对值：增益可以是负的": x / 5 * weight.abs(),
    }
    match(got, x / 5 * weight, "x = (1, 7)、weight = (2, -0.5)、ε = 0：", ideas, "归一化之后逐元素乘 weight")


def test_the_mean_is_over_the_last_axis():
    for shape in ((4, 4), (3, 3, 3), (2, 3, 4, 5)):
        x, weight = randn(*shape) * 3, torch.ones(shape[-1])
        got, text = tensor_from(ex.rms_norm, x, weight, 1e-5), f"x {shape}："
        squares = x.pow(2)
        ideas = {
            "均值取了全部的数：每个位置（每个词）自己归一化，mean(-1)": squares.mean(),
            "均值沿了第 0 维：沿最后一维 mean(-1)，每个词自己归一化": squares.mean(0, keepdim=True),
            "均值沿了第 1 维：沿最后一维 mean(-1)，每个词自己归一化": squares.mean(1, keepdim=True),
            "后两维一起取了均值：只沿最后一维": squares.mean((-2, -1), keepdim=True),
        }
        if shape[-1] == shape[-2]:  # 方的时候少了 keepdim 也不报错
            ideas[HEADLESS] = squares.mean(-1).unsqueeze(-2)
        want = F.rms_norm(x, shape[-1:], eps=1e-5)
        text = f"{text}与 F.rms_norm 最多差 {(got - want).abs().max().item():.3g}。"
        for idea, mean in ideas.items():
            wrong = x / (mean + 1e-5).sqrt()
            expect(close(wrong, want) or not close(got, wrong), f"{text}{idea}")
        expect(close(got, want, atol=1e-5), f"{text}沿最后一维，别的维各算各的")


def test_float16_squares_do_not_overflow():
    x, weight = torch.tensor([[300.0, -600.0, 900.0, 1200.0]], dtype=torch.float16), torch.ones(4, dtype=torch.float16)
    got = tensor_from(ex.rms_norm, x, weight, 1e-5)
    want = F.rms_norm(x.float(), (4,), eps=1e-5)
    text = f"float16 的 x = (300, -600, 900, 1200) 得到 {rounded(got)}，应当是 {rounded(want)}"
    overflow = "300² = 90000 超过 float16 的最大值 65504，成了 inf：先 x.float() 再平方"
    expect(bool(got.isfinite().all()) and not bool((got == 0).all()), f"{text}。{overflow}")
    expect(close(got, want, rtol=2e-3), f"{text}。先 x.float()，最后才变回来")


def test_the_dtype_comes_back():
    for dtype in (torch.float32, torch.bfloat16, torch.float16):
        for gain in (dtype, torch.float32):
            got = tensor_from(ex.rms_norm, randn(2, 4).to(dtype), torch.ones(4, dtype=gain), 1e-5)
            text = f"x 是 {dtype}、weight 是 {gain}，输出是 {got.dtype}"
            expect(got.dtype == dtype, f"{text}：算完要变回 x 的类型，写 (…).to(x.dtype)，x 变成 float32 之前记下它")


def test_bfloat16_is_rounded_only_once():
    x, gain = (randn(64, 256) * 5).bfloat16(), 1 + randn(256, seed=5) / 2
    wide = x.float()
    for weight in (gain.bfloat16(), gain):
        got = tensor_from(ex.rms_norm, x, weight, 1e-5)
        normed = wide * torch.rsqrt(wide.pow(2).mean(-1, keepdim=True) + 1e-5)
        share = (got != (normed * weight.float()).bfloat16()).float().mean().item()
        text = f"x 是 bfloat16、weight 是 {weight.dtype}：{share:.1%} 的数与「float32 算完再变回来」不同，应当不到 1%"
        twice = (normed.bfloat16() * weight).bfloat16()
        expect(share < 0.01 or not torch.equal(got, twice), f"{text}：变回去之后才乘 weight，舍入了两次；乘完再变")
        expect(share < 0.01, f"{text}：中间有一步在 bfloat16 里算：先 x.float()，最后才 .to(x.dtype)")


def test_gradients_reach_x_and_the_gain():
    x, weight = randn(3, 4).requires_grad_(), (1 + randn(4, seed=6)).requires_grad_()
    got, want = call(ex.rms_norm, x, weight, 1e-5), F.rms_norm(x, (4,), weight, 1e-5)
    expect(got.requires_grad, "rms_norm 的输出没有梯度：计算图断了，别用 no_grad、detach、.data、item")
    upstream = randn(3, 4, seed=7)
    ours = torch.autograd.grad(got, (x, weight), upstream, allow_unused=True)
    reference = torch.autograd.grad(want, (x, weight), upstream)
    for name, a, b in zip(("x", "weight"), ours, reference):
        expect(a is not None, f"{name} 没有梯度：计算图断了，别用 detach、.data、item")
        expect(close(a, b, atol=1e-5), f"输出对，{name} 的梯度却不同：均方根也由 x 算出，别 detach 它")


# ---------------------------------------------------------------- SwiGLU


def reference(x, w1, w2, w3):
    return (F.silu(x @ w1.T) * (x @ w3.T)) @ w2.T


def test_swiglu_by_hand():
    x = torch.tensor([-1.0])
    got = tensor_from(ex.swiglu, x, *(torch.tensor([[value]]) for value in (2.0, 3.0, 0.5)))
    one = torch.tensor([1.0])
    ideas = {
        "门放反了：SiLU 套在 W₁ x 上，W₃ x 不套": F.silu(-0.5 * one) * -2 * 3,
        "套的是 sigmoid（那是 GLU）：SiLU(a) = a · σ(a)，少乘了 a": torch.sigmoid(-2 * one) * -0.5 * 3,
        "少了门：还要逐元素乘 W₃ x": F.silu(-2 * one) * 3,
        "没有激活函数：W₁ x 要先套 SiLU": 3 * one,
        "套的是 ReLU：这里是 SiLU": 0 * one,
        "套的是 GELU（那是 GEGLU）：SiLU(a) = a · σ(a)": F.gelu(-2 * one) * -0.5 * 3,
        "套的是 GELU（那是 GEGLU）：SiLU(a) = a · σ(a)，不是 tanh 的近似": F.gelu(-2 * one, approximate="tanh") * -1.5,
        "套的是 tanh：这里是 SiLU": torch.tanh(-2 * one) * -0.5 * 3,
        "两支都套了 SiLU：W₃ x 不套": F.silu(-2 * one) * F.silu(-0.5 * one) * 3,
        "先乘再套 SiLU：SiLU 只套在 W₁ x 上": F.silu(one) * 3,
        "两支相加了：⊙ 是逐元素相乘": (F.silu(-2 * one) - 0.5) * 3,
        "门里乘的是 x，不是 W₁ x：SiLU(a) = a · σ(a)，a = W₁ x": -torch.sigmoid(-2 * one) * -0.5 * 3,
        "最后又套了一次 SiLU：输出不套": F.silu(F.silu(-2 * one) * -0.5 * 3),
        "加上了 x：残差在块里加，不在前馈里": F.silu(-2 * one) * -0.5 * 3 - 1,
        "少乘了 W₂": F.silu(-2 * one) * -0.5,
        "套的是 softmax：这里是 SiLU": -1.5 * one,
        "σ 里的符号反了：σ(a) = 1 / (1 + exp(-a))": -2 * torch.sigmoid(2 * one) * -0.5 * 3,
    }
    want = F.silu(-2 * one) * -0.5 * 3
    match(got, want, "x = -1，w1、w2、w3 是 2、3、0.5：", ideas, "W₁ x = -2，W₃ x = -0.5：SiLU(-2) · (-0.5) · 3")


def test_weights_are_stored_out_by_in():
    x, w1, w2, w3 = randn(3, 4), randn(4, 4, seed=5), randn(4, 4, seed=6), randn(4, 4, seed=7)
    got, want = tensor_from(ex.swiglu, x, w1, w2, w3), reference(x, w1, w2, w3)
    for names in ("w1", "w2", "w3", "w1 w3", "w1 w2", "w2 w3", "w1 w2 w3"):
        flipped = [w.T if name in names else w for name, w in (("w1", w1), ("w2", w2), ("w3", w3))]
        text = f"F = C = 4 时不报错，结果却错：{names} 没有转置。权重存成 (出, 入)，x @ w.T"
        expect(not close(got, reference(x, *flipped)), text)
    gap = (got - want).abs().max().item()
    expect(close(got, want, atol=1e-4), f"x (3, 4)、F = 4：最多差 {gap:.3g}。W₂ (SiLU(W₁ x) ⊙ W₃ x)，⊙ 是逐元素")


def test_any_number_of_leading_axes():
    w1, w2, w3 = randn(7, 4, seed=5), randn(4, 7, seed=6), randn(7, 4, seed=7)
    for shape in ((4,), (5, 4), (2, 3, 4), (2, 2, 3, 4)):
        x = randn(*shape)
        got, want = tensor_from(ex.swiglu, x, w1, w2, w3), reference(x, w1, w2, w3)
        expect(close(got, want, atol=1e-4), f"x {shape}、F = 7：与定义最多差 {(got - want).abs().max().item():.3g}")


def test_large_inputs_do_not_become_nan():
    for value in (-1000.0, 1000.0):
        got = tensor_from(ex.swiglu, torch.tensor([value]), *(torch.ones(1, 1) for _ in range(3)))
        want = value * value if value > 0 else 0.0
        idea = "exp(1000) 是 inf，inf / inf 是 nan；写 1 / (1 + exp(-a)) 或 torch.sigmoid"
        expect(got.item() == want, f"W₁ x = W₃ x = {value:g} 时得到 {got.item():.4g}，应当是 {want:g}：{idea}")


def test_gradients_reach_all_three_weights():
    leaves = [t.requires_grad_() for t in (randn(3, 4), randn(6, 4, seed=5), randn(4, 6, seed=6), randn(6, 4, seed=7))]
    got, upstream = call(ex.swiglu, *leaves), randn(3, 4, seed=8)
    expect(got.requires_grad, "swiglu 的输出没有梯度：计算图断了，别用 no_grad、detach、.data、item")
    ours = torch.autograd.grad(got, leaves, upstream, allow_unused=True)
    want = torch.autograd.grad(reference(*leaves), leaves, upstream)
    for name, a, b in zip(("x", "w1", "w2", "w3"), ours, want):
        expect(a is not None, f"{name} 没有梯度：有一支断了，别用 detach、.data")
        expect(close(a, b, atol=1e-4), f"输出对，{name} 的梯度却不同：有一支断了，σ 也由 W₁ x 算出，别 detach 它")


# ---------------------------------------------------------------- 宽度


def test_width_by_hand():
    got = call(ex.swiglu_width, 512)
    ideas = {
        2048: "那是普通前馈的 4C；SwiGLU 多一个矩阵，宽度要乘 2/3：8/3 · C",
        1365: "没有取成 64 的倍数",
        1408: "取了上面的倍数：21.33 离 21 更近",
        1024: "8 // 3 是 2：先乘 8，再除以 3",
        1368: "取的是 8 的倍数，这里要 64",
        1280: "取的是 128 或 256 的倍数，这里要 64",
        21: "这是几个 64，还要乘 64",
        192: "8/3 写成了 3/8",
    }
    for wrong, idea in ideas.items():
        expect(not math.isclose(got, wrong, abs_tol=0.5), f"swiglu_width(512) 得到 {got}，应当是 1344：{idea}")
    expect(math.isclose(got, 1344), f"swiglu_width(512) 得到 {got}，应当是 1344：21.33 个 64，取 21 个")
    text = f"swiglu_width(512) 是 {type(got).__name__}，应当是 int：它要当形状用"
    expect(type(got) is int, f"{text}；/ 的结果是 float，float // 64 也是，最后套 int(…)")


def test_width_goes_to_the_nearest_multiple():
    for d_model, want in ((64, 192), (128, 320), (256, 704), (288, 768), (768, 2048), (1024, 2752), (4096, 10944)):
        got, exact = call(ex.swiglu_width, d_model), 8 * d_model / 3 / 64
        text = f"swiglu_width({d_model}) 得到 {got}，应当是 {want}：8/3 · {d_model} 是 {exact:.2f} 个 64"
        expect(got != math.floor(exact) * 64 or got == want, f"{text}，向下取了；取最近的，用 round")
        expect(got == want, f"{text}，取最近的")


def test_width_is_at_least_64():
    for d_model in (1, 4, 8):
        got = call(ex.swiglu_width, d_model)
        expect(got != 0, f"swiglu_width({d_model}) 得到 0：0.33 个 64 舍成了 0，宽 0 的前馈什么都不算；至少 64")
        expect(got == 64, f"swiglu_width({d_model}) 得到 {got}，应当是 64")
