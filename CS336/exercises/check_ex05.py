"""检查 ex05：角频率、按位置旋转、两种排列，逐项与定义（复数乘法）比较。"""

import traceback

import torch

from book import expect, load_exercise

ex = load_exercise(__file__)

WHICH_AXIS = "位置在倒数第 2 维 T；positions 是 (B, T) 时角是 (B, T, D/2)，中间给头补上 1：(B, 1, T, D/2)"
TABLE = "positions 里的位置可以比 T 大：角直接由 p·ω 算，别查一张只有 T 行的表"
POWER = "乘方写 **，^ 是按位异或"
CAUSES = {  # 函数 -> 报错里的几个字 -> 多半是哪个想法错了
    "frequencies": {
        "bitwise_xor": POWER,
        "unsupported operand type(s) for ^": POWER,
        "as an integer": "个数用 //",
    },
    "rope": {
        "must match": WHICH_AXIS,
        "not broadcastable": WHICH_AXIS,
        "doesn't match the broadcast": WHICH_AXIS,
        "is invalid for input": WHICH_AXIS,
        "to unpack": "x 前面的维可以没有，也可以有好几个：T, D = x.shape[-2:]",
        "Expected 1-D": "positions 也可以是 (B, T)：outer 只收一维，写 positions[..., None] * ω",
        "out of range": TABLE,
        "out of bounds": TABLE,
        "in-place operation": "别就地改 x：新建一个张量",
        "numpy()": "计算图断了：全程用 torch 的运算，不转成 numpy",
        "view_as_complex": "view_as_complex 只收 float32：先 x.float()",
    },
}


def randn(*shape, seed=5):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def close(got, want, atol=1e-4):
    return got.shape == want.shape and torch.allclose(got.double(), want.double(), rtol=1e-4, atol=atol)


def line_of(error, function) -> int:
    """你的文件里，是哪一行抛的。"""
    mine = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == function.__code__.co_filename]
    return mine[-1] if mine else function.__code__.co_firstlineno


def call(function, *args):
    """调用你的函数；报错、忘了 return、不是 Tensor，都换成一句话。"""
    name = function.__name__
    try:
        got = function(*args)
    except Exception as error:
        text = " ".join(str(error).split())
        idea = next((idea for part, idea in CAUSES.get(name, {}).items() if part in text), "先看这一行")
        expect(False, f"{name} 第 {line_of(error, function)} 行抛了 {type(error).__name__}：{idea}。Python 说：{text}")
    advice = "忘了 return？" if got is None else "用 torch.tensor、torch.stack 或 torch.cat 合成一个张量"
    expect(isinstance(got, torch.Tensor), f"{name} 返回的是 {type(got).__name__}，应当是 Tensor：{advice}")
    return got


def rotate(x, positions, theta=10000.0):
    """调用你的 rope；形状不变，传进去的是副本：就地改了的话，留给后面的检查去说。"""
    got = call(ex.rope, x.clone(), positions.clone(), theta)
    text = f"rope 不改变形状：x {tuple(x.shape)}、positions {tuple(positions.shape)}，得到 {tuple(got.shape)}"
    idea = WHICH_AXIS if x.dim() > 2 else "两两配对之后，最后两维 (D/2, 2) 要合回 D"
    expect(got.shape == x.shape, f"{text}。{idea}")
    return got


def rounded(x):
    return [round(value, 4) for value in x.detach().flatten().tolist()]


def gap(got, want):
    return f"最多差 {(got.double() - want.double()).abs().max().item():.3g}"


def speeds(D, theta=10000.0, exponent=lambda i, D: -2 * i / D):
    """照定义的角频率；exponent 换成别的，就是某种错法。"""
    return torch.tensor([theta ** exponent(i, D) for i in range(D // 2)], dtype=torch.float64)


def turned(x, positions, omega=None, sign=1):
    """照定义用复数旋转：(a + bi) · e^(iφ)；positions (T,) 或 (B, T)。"""
    omega = speeds(x.shape[-1]) if omega is None else omega
    angles = sign * positions[..., None].double() * omega
    while positions.dim() == 2 and angles.dim() < x.dim():
        angles = angles.unsqueeze(1)  # (B, T, D/2) -> (B, 1, T, D/2)
    pairs = torch.view_as_complex(x.double().unflatten(-1, (-1, 2)).contiguous())
    return torch.view_as_real(pairs * torch.polar(torch.ones_like(angles), angles)).flatten(-2)


def to_halves(x):
    """相邻两个一对的通道改排成前后两半。"""
    return torch.cat([x[..., 0::2], x[..., 1::2]], dim=-1)


def from_halves(x):
    """前后两半的通道改排成相邻两个一对。"""
    return torch.stack(x.chunk(2, dim=-1), dim=-1).flatten(-2)


# ---------------------------------------------------------------- 角频率


def test_frequencies_by_hand():
    got = call(ex.frequencies, 8, 16.0)
    text = f"frequencies(8, 16) 得到 {rounded(got)}，应当是 [1, 0.5, 0.25, 0.125]"
    expect(tuple(got.shape) != (8,), f"{text}：每对通道一个频率，D/2 个，不是 D 个")
    expect(tuple(got.shape) == (4,), f"{text}：形状应当是 (4,)，得到 {tuple(got.shape)}")
    ideas = {
        "指数是 -2i/D，你用的是 -i/D：最慢的一对转得太快": speeds(8, 16.0, lambda i, D: -i / D),
        "指数里的 2 乘了两次：arange(0, D, 2) 已经是 2i": speeds(8, 16.0, lambda i, D: -4 * i / D),
        "指数的符号反了：频率从 1 往下降": speeds(8, 16.0, lambda i, D: 2 * i / D),
        "theta 没有用到，写死成 10000": speeds(8, 10000.0),
        "分母是 D，不是 D - 2：最后一个恰好到不了 1/theta": speeds(8, 16.0, lambda i, D: -2 * i / (D - 2)),
        "指数全是 0：整数除法 // 把 2i/D 舍成了 0，用 /": speeds(8, 16.0, lambda i, D: 0),
        "i 从 0 数，第一个频率是 1": speeds(8, 16.0, lambda i, D: -2 * (i + 1) / D),
        "乘了 2π：角是 p·ω 弧度，位置 1 的第 0 对恰好转 1 弧度": speeds(8, 16.0) * 2 * torch.pi,
        "次序反了：第 0 对转得最快": speeds(8, 16.0).flip(0),
        "这是 1/(theta·…)：乘方写成了乘法": torch.tensor([1.0, 1 / 4, 1 / 8, 1 / 12]),
        "这是指数，还要取 theta 的乘方": torch.tensor([0.0, -0.25, -0.5, -0.75]),
        "这是 2i/D，还要取 theta 的乘方": torch.tensor([0.0, 0.25, 0.5, 0.75]),
        "底是 theta，不是 e": torch.tensor([0.0, -0.25, -0.5, -0.75]).exp(),
        "底与指数反了：theta ** (…)，不是 (…) ** theta": torch.tensor([0.0, 0.25, 0.5, 0.75]) ** 16,
    }
    for idea, wrong in ideas.items():
        expect(not close(got, wrong), f"{text}。{idea}")
    expect(close(got, speeds(8, 16.0)), f"{text}：16^(-2i/8)，i = 0, 1, 2, 3")


def test_other_frequencies():
    for D, theta in ((2, 10000.0), (6, 10000.0), (64, 10000.0), (128, 500000.0)):
        got, want = call(ex.frequencies, D, theta), speeds(D, theta)
        expect(got.shape == want.shape, f"frequencies({D}, {theta:g}) 应当是 ({D // 2},)，得到 {tuple(got.shape)}")
        text = f"frequencies({D}, {theta:g}) 的最后一个得到 {got[-1]:.6g}，应当是 {want[-1]:.6g}"
        text = f"{text}；D = 8 却对：公式里写死了哪个数，或在低精度里算了？"
        expect(torch.allclose(got.double(), want, rtol=1e-5, atol=0), text)
        expect(got.dtype == torch.float32, f"frequencies({D}, {theta:g}) 是 {got.dtype}，应当是 torch.float32")


# ---------------------------------------------------------------- 旋转


def test_one_pair_by_hand():
    x, positions = torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]]), torch.tensor([0, 1, 2])
    got, want = rotate(x, positions), turned(x, positions)
    text = f"(1, 0)、(1, 0)、(0, 1) 在位置 0、1、2：得到 {rounded(got)}，应当是 {rounded(want)}"
    degrees = torch.tensor([torch.pi / 180], dtype=torch.float64)
    ideas = {
        "位置从 0 数，positions 里是几就转几弧度，别再加 1": turned(x, positions + 1),
        "转的方向反了：a' = a cos φ - b sin φ，b' = a sin φ + b cos φ": turned(x, positions, sign=-1),
        "角的单位是弧度，不是度": turned(x, positions, degrees),
        "旋转是乘，不是加上位置编码": x + turned(torch.tensor([[0.0, 1.0]] * 3), positions, sign=-1),
        "两个输出放反了：先 a'，后 b'": want.flip(-1),
        "没有转：原样返回了 x，或角多乘了 2π": x,
    }
    for idea, wrong in ideas.items():
        expect(not close(got, wrong), f"{text}。{idea}")
    length = got.norm(dim=-1)
    idea = f"旋转不改变长度，三行的长度却是 {rounded(length)}：算 b' 要用原来的 a，不是刚算出的 a'；符号一减一加"
    expect(close(length, torch.ones(3)), f"{text}。{idea}")
    expect(close(got, want), f"{text}。位置 p 转 p 弧度")


def test_positions_say_where_each_word_is():
    x, positions = randn(4, 2), torch.tensor([7, 0, 3, 3])
    got, want = rotate(x, positions), turned(x, positions)
    text = f"positions = [7, 0, 3, 3]：{gap(got, want)}"
    ideas = {
        "positions 没有用到：你用的是 0, 1, 2, 3": turned(x, torch.arange(4)),
        "只用了第一个位置，后面接着数：每个词的位置由 positions 给出": turned(x, 7 + torch.arange(4)),
        "减去了最小的或第一个位置：这里转的是绝对位置": turned(x, positions - 7),
        "位置加了 1": turned(x, positions + 1),
        "所有词都转了同一个角": turned(x, torch.tensor([7] * 4)),
        "positions 与次序加在一起了": turned(x, positions + torch.arange(4)),
        "positions 排过序了：第 t 个词的位置是 positions[t]": turned(x, positions.sort().values),
    }
    for idea, wrong in ideas.items():
        expect(not close(got, wrong), f"{text}。{idea}")
    expect(close(got, want), f"{text}。第 t 个词转 positions[t] · ω")
    later = positions + 20
    text = f"positions = [27, 20, 23, 23]：{gap(rotate(x, later), turned(x, later))}"
    shifted = close(rotate(x, later), want)
    expect(not shifted, f"{text}。全部后移 20，结果没变：减去了最小的位置；这里转的是绝对位置")
    expect(close(rotate(x, later), turned(x, later)), f"{text}。位置可以比 T 大，别取余数、别截断")


def test_pairs_are_neighbours():
    x, positions = randn(5, 8), torch.arange(5)
    got, want = rotate(x, positions), turned(x, positions)
    text = f"x (5, 8)：{gap(got, want)}"
    first = want.clone()
    first[:, 2:] = x[:, 2:]
    repeated = (positions[:, None] * speeds(8)).repeat(1, 2)  # (T, D/2) -> (T, D)：前后两半
    mixed = x * repeated.cos() + torch.stack((-x[:, 1::2], x[:, 0::2]), dim=-1).flatten(1) * repeated.sin()
    ideas = {
        "配对的是相邻的第 2i、2i+1 个；你配的是第 i 与第 i + D/2 个（transformers 的排列）": to_halves(
            turned(from_halves(x), positions)
        ),
        "每对转对了，输出却排成了前后两半：用 stack(dim=-1).flatten(-2) 交错回去": to_halves(want),
        "配对的是前后两半，输出却交错了：两边都用相邻的": turned(from_halves(x), positions),
        "只转了第 0 对：D/2 对都要转": first,
        "每对都用了同一个频率：第 i 对是 ω_i": turned(x, positions, torch.ones(4).double()),
        "频率的次序反了：第 0 对转得最快": turned(x, positions, speeds(8).flip(0)),
        "指数是 -2i/D，你用的是 -i/D": turned(x, positions, speeds(8, exponent=lambda i, D: -i / D)),
        "指数里的 2 乘了两次": turned(x, positions, speeds(8, exponent=lambda i, D: -4 * i / D)),
        "转的方向反了": turned(x, positions, sign=-1),
        "cos、sin 排成了前后两半，配对却是相邻的：用 repeat_interleave(2)，不用 cat": mixed,
    }
    for idea, wrong in ideas.items():
        expect(not close(got, wrong), f"{text}。{idea}")
    expect(close(got, want), f"{text}。第 i 对是通道 2i、2i+1，转 p·theta^(-2i/D)")


def test_theta_is_an_argument():
    x, positions = randn(5, 8), torch.arange(5)
    for theta in (16.0, 500000.0):
        got, want = rotate(x, positions, theta), turned(x, positions, speeds(8, theta))
        fixed = close(got, turned(x, positions))
        expect(not fixed, f"theta = {theta:g} 与 theta = 10000 的结果相同：写死成 10000 了")
        expect(close(got, want), f"theta = {theta:g}：{gap(got, want)}。ω_i = theta^(-2i/D)")


def test_time_is_the_second_last_axis():
    for shape in ((4, 4, 8), (5, 3, 5, 8), (2, 3, 4, 6), (1, 8)):
        x, positions = randn(*shape), torch.arange(shape[-2])
        got, want = rotate(x, positions), turned(x, positions)
        text = f"x {shape}、positions ({shape[-2]},)：{gap(got, want)}"
        for axis in range(len(shape) - 2):
            if shape[axis] == shape[-2]:  # 一样长才不报错
                wrong = turned(x.transpose(axis, -2), positions).transpose(axis, -2)
                expect(not close(got, wrong), f"{text}。位置沿了第 {axis} 维：那里是句子或头，T 是倒数第 2 维")
        expect(close(got, want), f"{text}。T 是倒数第 2 维，前面的维各转各的")


def test_each_sentence_may_have_its_own_positions():
    rows = torch.tensor([[0, 1, 2, 3], [0, 0, 1, 2], [9, 3, 5, 4]])
    for shape in ((3, 4, 8), (3, 3, 4, 8), (3, 2, 4, 8), (3, 2, 5, 4, 8)):  # 句数 = 头数时，对错了也不报错
        x = randn(*shape)
        got, want = rotate(x, rows), turned(x, rows)
        text = f"x {shape}、positions (3, 4)：{gap(got, want)}"
        expect(not close(got, turned(x, rows[0])), f"{text}。每句都用了第 0 句的位置")
        expect(not close(got, turned(x, rows[-1])), f"{text}。每句都用了最后一句的位置")
        if shape == (3, 3, 4, 8):
            heads = turned(x.transpose(0, 1), rows).transpose(0, 1)
            idea = "第 b 行位置给了第 b 个头：句数与头数相等时广播不报错。(B, T, D/2) -> (B, 1, T, D/2)"
            expect(not close(got, heads), f"{text}。{idea}")
        idea = "第 b 句的每个头都用 positions[b]；加一维写 positions[..., None]，不写 positions[:, None]"
        expect(close(got, want), f"{text}。{idea}")


def test_scores_depend_only_on_the_distance():
    q, k, positions = randn(6, 8), randn(6, 8, seed=6), torch.tensor([0, 1, 2, 5, 9, 4])
    here = rotate(q, positions) @ rotate(k, positions).T
    there = rotate(q, positions + 300) @ rotate(k, positions + 300).T
    text = f"q、k 的位置都加 300，分数{gap(there, here)}，应当不变：qₘ · kₙ 只看 m - n"
    expect(close(here, there, atol=1e-3), text)
    want = turned(q, positions) @ turned(k, positions).mT
    expect(close(here, want, atol=1e-3), f"分数与定义{gap(here, want)}：每一对的频率对吗？")


def test_the_dtype_comes_back():
    for dtype in (torch.float32, torch.bfloat16, torch.float16):
        got = rotate(randn(3, 4).to(dtype), torch.arange(3))
        expect(got.dtype == dtype, f"x 是 {dtype}，输出是 {got.dtype}：算完变回 x 的类型，写 (…).to(x.dtype)")


def test_far_positions_keep_their_angle():
    positions = torch.tensor([257, 1001, 2049, 4095])
    for dtype in (torch.bfloat16, torch.float16):
        x = randn(4, 8).to(dtype)
        got, want = rotate(x, positions).float(), turned(x, positions)
        text = f"{dtype}、位置 257 到 4095：{gap(got, want)}，舍入只该差 0.02 以内"
        stored, spacing = positions.to(dtype).long(), 2048 * torch.finfo(dtype).eps
        idea = f"位置先变成了 {dtype}，4095 成了 {stored[-1]}：写 positions.float()，角在 float32 里算"
        expect(not close(got, turned(x, stored), atol=0.03) or close(got, want, atol=0.03), f"{text}。{idea}")
        expect(close(got, want, atol=0.02), f"{text}。角 p·ω 在 float32 里算：4095 附近相邻两数差 {spacing:g}")


def test_the_rotation_is_rounded_only_once():
    x, positions = randn(32, 64).bfloat16(), torch.arange(32)
    got, want = rotate(x, positions), turned(x, positions).float().bfloat16()
    share = (got != want).float().mean().item()
    text = f"bfloat16 的 32 x 64 个数里，{share:.1%} 与「float32 算完再变回来」不同，应当不到 2%"
    expect(share < 0.02, f"{text}：cos、sin 或乘法在 bfloat16 里算了；先 x.float()，最后才 .to(x.dtype)")


def test_input_is_kept_and_gradients_flow():
    x, positions = randn(4, 6), torch.tensor([3, 1, 0, 2])
    leaf, places = x.clone(), positions.clone()
    call(ex.rope, leaf, places, 10000.0)
    expect(torch.equal(leaf, x), "rope 改了传进来的 x：别就地写，新建一个张量（x[..., 0::2] 是视图）")
    expect(torch.equal(places, positions), "rope 改了传进来的 positions：别就地写")
    leaf = x.clone().requires_grad_()
    out = call(ex.rope, leaf, positions, 10000.0)
    expect(out.requires_grad, "输出没有 grad_fn，反向传不回去：中间用了 .data、.detach()、torch.tensor 或 numpy")
    upstream = randn(4, 6, seed=7)
    got = torch.autograd.grad(out, leaf, upstream)[0]
    want = turned(upstream, positions, sign=-1)  # 旋转的转置是反着转
    expect(close(got, want), f"输出对，梯度却{gap(got, want)}：有一支断了；旋转的梯度就是把上游的梯度反着转")


# ---------------------------------------------------------------- 两种排列


def test_order_by_hand():
    got = call(ex.halves_order, 8)
    text = f"halves_order(8) 得到 {got.tolist()}，应当是 [0, 2, 4, 6, 1, 3, 5, 7]"
    ideas = {
        "这是反方向：从前后两半变回相邻": [0, 4, 1, 5, 2, 6, 3, 7],
        "没有重排": list(range(8)),
        "两半放反了：每对的第一个（偶数通道）在前一半": [1, 3, 5, 7, 0, 2, 4, 6],
        "两半整块对调了：要的是每对拆开，第一个都在前一半": [4, 5, 6, 7, 0, 1, 2, 3],
        "每对里对调了：要的是拆到两半": [1, 0, 3, 2, 5, 4, 7, 6],
        "后一半的次序反了：第 i 对在 i 与 i + D/2": [0, 2, 4, 6, 7, 5, 3, 1],
    }
    for idea, wrong in ideas.items():
        expect(got.tolist() != wrong, f"{text}。{idea}")
    expect(got.tolist() == [0, 2, 4, 6, 1, 3, 5, 7], f"{text}。第 i 对的两个通道 2i、2i+1 去第 i 与第 i + D/2 个")
    expect(got.dtype == torch.int64, f"halves_order(8) 的类型是 {got.dtype}，应当是 torch.int64：它要当下标用")


def test_reordered_channels_turn_the_other_way_of_pairing():
    for D in (2, 4, 6, 64):
        order, x, positions = call(ex.halves_order, D), randn(5, D), torch.arange(5)
        expect(sorted(order.tolist()) == list(range(D)), f"halves_order({D}) 里 0 到 {D - 1} 应当各出现一次")
        llama = to_halves(turned(from_halves(x[:, order]), positions))
        same = close(llama, turned(x, positions)[:, order])
        text = f"halves_order({D}) 的开头是 {order.tolist()[:8]}：照 Llama 配对转出来，与我们转了再重排的不同"
        expect(same, f"{text}；D = 8 却对：写死了哪个数？")
