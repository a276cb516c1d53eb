"""检查 ex03：正弦编码的表、平移矩阵、旋转编码，逐项与定义比较。"""

import math

import torch

from book import expect, load_exercise

ex = load_exercise(__file__)

CAUSES = {  # 报错里的几个字 -> 多半是哪个想法错了
    "must match": "两个形状广播不了：角是 (T, C/2)，位置在倒数第 2 维，写 x.shape[-2:]，不写 x.shape[1]",
    "in-place operation": "就地改了 x：反向传播还要用它原来的值；新建一个张量",
    "numpy()": "计算图断了：全程用 torch 的运算，不转成 numpy",
}


def randn(*shape, seed=3):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def close(got, want, atol=1e-4):
    return got.shape == want.shape and torch.allclose(got.double(), want.double(), rtol=1e-4, atol=atol)


def call(function, *args, **options):
    """调用你的函数；认得出的报错、返回的不是 Tensor，都换成一句话。"""
    name = function.__name__
    try:
        got = function(*args, **options)
    except (RuntimeError, IndexError, TypeError, ValueError) as error:
        for part, idea in CAUSES.items():
            expect(part not in str(error), f"{name} 抛了 {type(error).__name__}：{idea}。Python 说：{error}")
        raise
    advice = "忘了 return？" if got is None else "用 torch.tensor 或 torch.stack 合成一个张量"
    expect(isinstance(got, torch.Tensor), f"{name} 返回的是 {type(got).__name__}，应当是 Tensor：{advice}")
    return got


def rotate(x, start=0):
    """调用你的 rotate，传进去的是副本：就地改了 x 的话，留给最后一条检查去说。"""
    return call(ex.rotate, x.clone(), start=start)


def definition(length, d_model, exponent=lambda i, C: -2 * i / C, first=0):
    """照定义用 math 一个一个算的表；exponent 换成别的，就是某种错法的表。"""
    table = torch.zeros(length, d_model, dtype=torch.float64)
    for t in range(length):
        for i in range(d_model // 2):
            angle = (t + first) * 10000.0 ** exponent(i, d_model)
            table[t, 2 * i], table[t, 2 * i + 1] = math.sin(angle), math.cos(angle)
    return table


def turned(x, start=0, sign=1):
    """照定义用复数旋转：(a + bi) · e^(iφ)。"""
    T, D = x.shape[-2:]
    omega = 10000.0 ** (-torch.arange(0, D, 2, dtype=torch.float64) / D)
    angles = sign * torch.arange(start, start + T, dtype=torch.float64)[:, None] * omega
    pairs = torch.view_as_complex(x.double().unflatten(-1, (-1, 2)).contiguous())
    return torch.view_as_real(pairs * torch.polar(torch.ones_like(angles), angles)).flatten(-2)


def halves(x):
    """相邻两个一对的通道改排成前后两半。"""
    return torch.cat([x[..., 0::2], x[..., 1::2]], dim=-1)


def test_row_zero_and_shape():
    got = call(ex.sinusoidal, 3, 8)
    expect(tuple(got.shape) == (3, 8), f"sinusoidal(3, 8) 应当是 (3, 8)，得到 {tuple(got.shape)}：每个频率占两个通道")
    first = [round(value, 3) for value in got[0].tolist()]
    expect(first != [1, 0] * 4, f"第 0 行得到 {first}：sin 与 cos 放反了，偶数通道是 sin")
    expect(first != [0] * 4 + [1] * 4, f"第 0 行得到 {first}：sin、cos 应当两两交错，不是前一半后一半")
    expect(first == [0, 1] * 4, f"第 0 行应当是 0、1 交替（sin 0、cos 0），得到 {first}：位置从 0 数，不是从 1 数")


def test_frequencies_of_the_table():
    got = call(ex.sinusoidal, 12, 8)
    wrong = {
        "指数的符号反了：ω 应当从 1 降到 1/10000，你的越来越大": lambda i, C: 2 * i / C,
        "指数是 -2i/C：你用的是 -i/C，最慢的频率只到 1/100": lambda i, C: -i / C,
        "指数全是 0：整数除法 // 把 2i/C 舍成了 0，用 /": lambda i, C: 0,
        "分母是 C，不是 C/2 - 1：那是 tensor2tensor 的写法，最后一个频率恰好到 1/10000": lambda i, C: -i / (C / 2 - 1),
        "指数是 -2i/C，i 数的是第几对：arange(0, C, 2) 已经是 2i，再乘 2 就多了": lambda i, C: -4 * i / C,
    }
    for idea, exponent in wrong.items():
        expect(not close(got, definition(12, 8, exponent), atol=1e-2), idea)
    gap = (got - definition(12, 8)).abs().max().item()
    expect(close(got, definition(12, 8)), f"sinusoidal(12, 8) 与定义最多差 {gap:.3g}：sin(t·ω)、cos(t·ω)，两两交错")


def test_the_whole_table():
    for length, d_model in ((1, 2), (5, 6), (60, 32)):
        got, want = call(ex.sinusoidal, length, d_model), definition(length, d_model)
        expect(got.shape == want.shape, f"sinusoidal({length}, {d_model}) 应当是 {tuple(want.shape)}")
        expect(close(got, want), f"sinusoidal({length}, {d_model}) 与定义不同，前面的小表却对：公式里写死了哪个数？")


def test_shift_block_by_hand():
    got = call(ex.shift_block, 2, 0.5)
    c, s = math.cos(1), math.sin(1)
    want = torch.tensor([[c, s], [-s, c]])
    expect(tuple(got.shape) == (2, 2), f"shift_block(2, 0.5) 应当是 (2, 2)，得到 {tuple(got.shape)}")
    opposite = "转的方向反了：这一对的次序是 (sin, cos)，不是 (cos, sin)，第一行是 cos kω、+sin kω"
    expect(not close(got, want.T), f"shift_block(2, 0.5) 得到 {got.tolist()}。{opposite}")
    plain = torch.tensor([[math.cos(2), math.sin(2)], [-math.sin(2), math.cos(2)]])
    expect(not close(got, plain), "角是 k·ω，不是 k：没有用到 omega")
    expect(
        close(got, want), f"shift_block(2, 0.5) 应当是 {want.tolist()}，得到 {got.tolist()}：展开 sin(a+b)、cos(a+b)"
    )


def test_shift_block_moves_every_position():
    for k, omega in ((1, 1.0), (5, 0.01), (-3, 0.3)):
        block = call(ex.shift_block, k, omega).double()
        for t in (0, 7, 40):
            here, there = (torch.tensor([math.sin(p * omega), math.cos(p * omega)]) for p in (t, t + k))
            idea = "k 可以是负的：角就是 k·ω，不取绝对值，也不取余数"
            expect(close(block @ here.double(), there), f"k={k}、ω={omega}、t={t}：没有走到第 t+k 个位置。{idea}")


def test_rotation_of_one_pair():
    x = torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    got = rotate(x)
    expect(got.shape == x.shape, f"rotate 不改变形状：{tuple(x.shape)} 变成了 {tuple(got.shape)}")
    expect(close(got[0], x[0]), f"第 0 个位置转 0 角，应当不变，得到 {got[0].tolist()}：旋转是乘，不是加上位置编码")
    expect(not close(got, turned(x, sign=-1)), "转的方向反了：a' = a cos φ - b sin φ，b' = a sin φ + b cos φ")
    length = got.norm(dim=-1)
    advice = "旋转不改变长度。算 b' 要用原来的 a，不是刚算出的 a'"
    expect(close(length, torch.ones(3)), f"每行长度应当是 1，得到 {length.tolist()}。{advice}")
    expect(close(got, turned(x)), f"得到 {got.tolist()}，应当是 {turned(x).tolist()}：第 t 行转 t 弧度")


def test_rotation_pairs_neighbours():
    x = randn(5, 8)
    got, want = rotate(x), turned(x)
    idea = "配对的是相邻的第 2i、2i+1 个通道；你配的是第 i 与第 i + D/2 个（transformers 库的排列）"
    layout = turned(halves_back(x))
    expect(not close(got, halves(layout)), idea)
    expect(not close(got, halves(want)), "每对转对了，输出却排成了前后两半：用 stack(dim=-1).flatten(-2) 交错回去")
    gap = (got - want).abs().max().item()
    expect(close(got, want), f"rotate(x)，x (5, 8)：最多差 {gap:.3g}。第 i 对的角频率是 10000^(-2i/D)，越往后越慢")


def halves_back(x):
    """前后两半的通道改排成相邻两个一对。"""
    D = x.shape[-1]
    return torch.stack([x[..., : D // 2], x[..., D // 2 :]], dim=-1).flatten(-2)


def test_positions_are_the_second_last_axis():
    x = randn(2, 3, 5, 8)
    got = rotate(x)
    expect(got.shape == x.shape, f"rotate 不改变形状：{tuple(x.shape)} 变成了 {tuple(got.shape)}")
    idea = "位置是倒数第 2 维 T，不是第 1 维（那里是头）：T, D = x.shape[-2:]"
    expect(close(got, turned(x)), f"x (2, 3, 5, 8) 与逐头算的不同。{idea}")


def test_start_continues_the_positions():
    x = randn(6, 8)
    parts = torch.cat([rotate(x[:2]), rotate(x[2:], start=2)])
    idea = "没有用 start：缓存解码时新词的位置从已有的个数数起，t = start, start+1, ..."
    expect(not close(rotate(x, start=5), rotate(x)), idea)
    expect(close(parts, turned(x)), "前 2 行与后 4 行（start=2）分开转，应当与一起转相同：位置是 start + t")


def test_scores_depend_only_on_the_distance():
    q, k = randn(5, 8), randn(5, 8, seed=4)
    here = rotate(q) @ rotate(k).T
    there = rotate(q, start=30) @ rotate(k, start=30).T
    expect(close(here, there, atol=1e-3), "q、k 都往后移 30，分数变了：两边要用同一个公式、同一个 start")
    want = turned(q) @ turned(k).mT
    expect(close(here, want, atol=1e-3), "分数与定义不同：每一对的频率对吗？")


def test_input_is_kept_and_gradients_flow():
    x = randn(4, 6)
    before = x.clone()
    call(ex.rotate, x)
    expect(torch.equal(x, before), "rotate 改了传进来的 x：别就地写，新建一个张量（x[..., 0::2] 是视图）")
    leaf = x.clone().requires_grad_()
    out = call(ex.rotate, leaf)
    expect(out.requires_grad, "输出没有 grad_fn，反向传不回去：中间用了 .data、.detach()、torch.tensor 或 numpy")
    upstream = randn(4, 6, seed=5)
    out.backward(upstream)
    want = turned(upstream, sign=-1)  # 旋转的转置是反着转
    expect(close(leaf.grad, want), "梯度不对：旋转的梯度就是把上游的梯度反着转回来")
