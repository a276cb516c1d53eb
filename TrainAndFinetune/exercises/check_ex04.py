"""检查 ex04：初始化是空操作而且学得动，前向按定义比较，梯度与 autograd 比较。"""

import torch

from book import expect, load_exercise

ex = load_exercise(__file__)

N, IN, OUT, R, ALPHA = 7, 24, 10, 4, 6.0
CAUSES = {
    "cannot be multiplied": "矩阵乘法的形状对不上：把每个因子的形状写在旁边，相邻的两维要相等",
    "must match the size": "相加或逐元素相乘的两个形状对不上：dA 与 A 同形 (r, in)，dB 与 B 同形 (out, r)",
    "is not defined": "少了导入：题目开头已有 math 与 torch，别的自己加",
}


def randn(*shape, seed=1):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def call(function, *args):
    """调用你的函数；认得出的报错换成一句话。"""
    try:
        got = function(*args)
    except (RuntimeError, IndexError, AttributeError, TypeError, NameError) as error:
        for part, idea in CAUSES.items():
            expect(
                part not in str(error), f"{function.__name__} 抛了 {type(error).__name__}：{idea}。Python 说：{error}"
            )
        raise
    expect(got is not None, f"{function.__name__} 返回了 None：少了 return")
    return got


def pair(function, *args):
    """调用要返回两个张量的函数。"""
    got = call(function, *args)
    right = isinstance(got, (tuple, list)) and len(got) == 2 and all(isinstance(g, torch.Tensor) for g in got)
    what = f"{len(got)} 个" if isinstance(got, (tuple, list)) else f"一个 {type(got).__name__}"
    expect(right, f"{function.__name__} 要返回两个张量，return 一个, 另一个；得到{what}")
    return got


def values():
    return randn(N, IN), randn(OUT, IN, seed=2), randn(R, IN, seed=3), randn(OUT, R, seed=4)


def initial(seed=0):
    return pair(ex.init_lora, IN, OUT, R, torch.Generator().manual_seed(seed))


def test_the_initial_change_is_zero_and_can_learn():
    A, B = initial()
    shapes = (tuple(A.shape), tuple(B.shape))
    expect(shapes == ((R, IN), (OUT, R)), f"A 应当是 (r, in)、B 是 (out, r)，得到 {shapes}")
    idea = "两个梯度里都有另一个矩阵：都是零，两个梯度就永远是零，损失一步也不动"
    expect(bool(A.any()) or bool(B.any()), f"A 与 B 都是零：{idea}")
    text = f"B A 最大 {(B @ A).abs().max():.3g}，应当是 0：两个都随机，装上的那一刻模型就变了；一个随机，一个为零"
    expect(not (B @ A).any(), text)
    expect(not B.any(), "A 是零、B 随机：ΔW 也是零，也学得动；但论文与 peft 是 A 随机、B 为零，这题照它们")


def test_the_random_half_is_uniform_and_seeded():
    A, _ = initial()
    again, other = initial()[0], initial(1)[0]
    expect(torch.equal(A, again) and not torch.equal(A, other), "没有用传进来的 generator：同样的种子要给同样的 A")
    large, _ = pair(ex.init_lora, 400, 2, 50, torch.Generator().manual_seed(0))
    low, high, bound = large.min().item(), large.max().item(), 400**-0.5
    text = f"in = 400 时 A 在 {low:.3g} 到 {high:.3g} 之间，应当在 ±1/√400 = ±{bound}："
    expect(low < -0.9 * bound, text + "rand 在 0 与 1 之间，要先乘 2 减 1")
    expect(high <= bound and low >= -bound, text + "均匀，不是正态；界是 1/√in，不是 1/√r，也不是 1")
    expect(high > 0.9 * bound, text + "界太小了：是 1/√in")


def test_the_forward_pass_follows_the_formula():
    x, W, A, B = values()
    got, want = call(ex.lora_forward, x, W, A, B, ALPHA), x @ W.T + ALPHA / R * x @ A.T @ B.T
    expect(got.shape == want.shape, f"输出应当是 {tuple(want.shape)}，得到 {tuple(got.shape)}")
    wrong = {
        "没有乘 α/r": x @ W.T + x @ A.T @ B.T,
        "乘的是 α，没有除以 r": x @ W.T + ALPHA * x @ A.T @ B.T,
        "只有改动，少了基座的 x Wᵀ": ALPHA / R * x @ A.T @ B.T,
        "α/r 把基座的输出也放大了": ALPHA / R * (x @ W.T + x @ A.T @ B.T),
        "乘的是 α/√r，那是 rsLoRA": x @ W.T + ALPHA / R**0.5 * x @ A.T @ B.T,
        "除以的是 in：A 是 (r, in)，r 是第 0 维": x @ W.T + ALPHA / IN * x @ A.T @ B.T,
    }
    for idea, value in wrong.items():
        expect(not torch.allclose(got, value, atol=1e-4), f"{idea}：y = x Wᵀ + (α/r) (x Aᵀ) Bᵀ")
    expect(torch.allclose(got, want, atol=1e-4), f"与定义最多差 {(got - want).abs().max():.3g}")
    batch = call(ex.lora_forward, x.view(1, N, IN), W, A, B, ALPHA)
    expect(batch.shape == (1, N, OUT), f"x (1, 7, 24) 的输出应当是 (1, 7, 10)，得到 {tuple(batch.shape)}")


def true_gradients(x, dy, A, B, alpha):
    A, B = A.clone().requires_grad_(), B.clone().requires_grad_()
    (alpha / A.shape[0] * x @ A.T @ B.T * dy).sum().backward()
    return A.grad, B.grad


def test_the_gradients_equal_autograd():
    x, _, A, B = values()
    dy = randn(N, OUT, seed=5)
    got, want = pair(ex.lora_gradients, x, dy, A, B, ALPHA), true_gradients(x, dy, A, B, ALPHA)
    shapes, wanted = [tuple(g.shape) for g in got], [tuple(g.shape) for g in want]
    expect(shapes != wanted[::-1], f"得到 {shapes}：次序反了，先返回 ∂L/∂A")
    expect(shapes == wanted, f"梯度与参数同形 {wanted}，得到 {shapes}：转置错了地方")
    factors = {
        "漏了 α/r：y 里有它，链式法则里也有": ALPHA / R,
        "乘的是 α，没有除以 r": 1 / R,
        "除以的是 in：A 是 (r, in)，r 是第 0 维": IN / R,
        "除以了 N：求平均已经在 dy 里了，这里只把 N 行加起来": N,
    }
    for name, mine, true in zip("AB", got, want):
        for idea, factor in factors.items():
            expect(not torch.allclose(mine * factor, true, rtol=1e-4, atol=1e-4), f"∂L/∂{name} {idea}")
        text = f"∂L/∂{name} 与 autograd 最多差 {(mine - true).abs().max():.3g}："
        idea = "某一步的链式法则不对：先写 h = x Aᵀ，再分别对 B 与 h 求"
        expect(torch.allclose(mine, true, rtol=1e-4, atol=1e-4), text + idea)


def test_with_b_zero_only_b_learns_at_the_first_step():
    x, dy = randn(N, IN), randn(N, OUT, seed=5)
    A, B = initial()
    dA, dB = pair(ex.lora_gradients, x, dy, A, B, ALPHA)
    text = "B 是零的时候，∂L/∂A 应当全是零（它里面乘着 B），∂L/∂B 不是零（它里面乘着 A）"
    expect(
        not dA.any() and bool(dB.any()), f"{text}；得到 |dA| 最大 {dA.abs().max():.3g}，|dB| 最大 {dB.abs().max():.3g}"
    )
