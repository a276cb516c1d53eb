"""检查 ex05：合并之后的输出与不合并相同，bf16 只舍入一次，吸收系数之后 ΔW 不变。"""

import torch

from book import expect, load_exercise

ex = load_exercise(__file__)

IN, OUT, R, ALPHA = 20, 12, 4, 10.0
IN_FOR_R = "除以的是 in：A 是 (r, in)，r 是第 0 维"
CAUSES = {
    "cannot be multiplied": "ΔW = B A：(out, r) (r, in) -> (out, in)，次序不能反",
    "expected m1 and m2 to have the same dtype": "bf16 与 float32 不能直接乘：先 W.float()",
    "can't be cast": "就地加改了 W，类型也不对：另建一个，W.float() + …",
    "is not defined": "少了导入：题目开头已有 math 与 torch，别的自己加",
}


def randn(*shape, seed=1):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def call(function, *args):
    """调用你的函数；认得出的报错换成一句话；改了传进来的张量也说出来。"""
    before = [a.clone() if isinstance(a, torch.Tensor) else a for a in args]
    try:
        got = function(*args)
    except (RuntimeError, IndexError, AttributeError, TypeError, NameError) as error:
        for part, idea in CAUSES.items():
            expect(
                part not in str(error), f"{function.__name__} 抛了 {type(error).__name__}：{idea}。Python 说：{error}"
            )
        raise
    expect(got is not None, f"{function.__name__} 返回了 None：少了 return")
    same = all(torch.equal(a, b) for a, b in zip(args, before) if isinstance(a, torch.Tensor))
    expect(same, f"{function.__name__} 改动了传进来的张量：基座要留着给别的 adapter 用，另建一个新的")
    return got


def values(dtype=torch.float32):
    return randn(OUT, IN).to(dtype), randn(R, IN, seed=2), randn(OUT, R, seed=3)


def test_the_scale_is_alpha_over_rank_or_its_root():
    got = call(ex.scale_of, 8, 16.0)
    expect(got != 16.0, "得到 16：忘了除以 r，秩 8、α 16 的系数是 2")
    expect(got == 2.0, f"秩 8、α 16 的系数是 16/8 = 2，得到 {got}")
    got = call(ex.scale_of, 16, 16.0, True)
    expect(got != 1.0, "rslora=True 时得到 1：没有看 rslora，它除以的是 √r")
    expect(got == 4.0, f"rsLoRA：秩 16、α 16 的系数是 16/√16 = 4，得到 {got}")


def test_the_merged_weight_gives_the_same_output():
    W, A, B = values()
    x = randn(5, IN, seed=4)
    for rslora in (False, True):
        scale = ALPHA / (R**0.5 if rslora else R)
        got, want = call(ex.merge, W, A, B, ALPHA, rslora), W + scale * B @ A
        expect(got.shape == W.shape, f"合并之后还是 {tuple(W.shape)}，得到 {tuple(got.shape)}")
        damage = (x @ (W + B @ A).T - x @ want.T).abs().max()
        text = f"输出最多差 {damage:.3g}"
        expect(not torch.allclose(got, W + B @ A, atol=1e-4), f"合并时忘了 α/r：ΔW 是 s B A，不是 B A。{text}")
        expect(not torch.allclose(got, W + ALPHA * B @ A, atol=1e-4), "合并时乘的是 α：还要除以 r")
        root = IN**0.5 if rslora else IN
        expect(not torch.allclose(got, W + ALPHA / root * B @ A, atol=1e-4), f"合并时{IN_FOR_R}")
        expect(not torch.allclose(got, scale * B @ A, atol=1e-4), "只有 ΔW：合并是 W + ΔW")
        expect(not torch.allclose(got, W - scale * B @ A, atol=1e-4), "减了 ΔW：那是拆开，合并是加")
        expect(
            torch.allclose(got, want, atol=1e-4),
            f"rslora={rslora} 时与 W + s B A 最多差 {(got - want).abs().max():.3g}",
        )


def test_a_bf16_base_is_rounded_once():
    W, A, B = values(torch.bfloat16)
    got = call(ex.merge, W, A, B, ALPHA)
    expect(got.dtype == W.dtype, f"W 是 {W.dtype}，合并之后成了 {got.dtype}：最后转回 W 的类型，不然模型里类型就混了")
    want = (W.float() + ALPHA / R * B @ A).bfloat16()
    twice = W + (ALPHA / R * B @ A).bfloat16()
    low_A, low_B = A.bfloat16(), B.bfloat16()
    all_low = [W + ALPHA / R * (low_B @ low_A), W + (ALPHA / R * low_B) @ low_A, W + low_B @ (ALPHA / R * low_A)]
    off = (got.float() - want.float()).abs().max().item()
    text = f"有的数差 {off:.3g}：ΔW 先转成 bf16 再加，舍入了两次；在 float32 里加完再转"
    expect(not torch.equal(got, twice), text)
    text = f"有的数差 {off:.3g}：A 与 B 先转成了 bf16，还没乘就各舍入一次；反过来，把 W 转成 float32"
    expect(not any(torch.equal(got, low) for low in all_low), text)
    expect(torch.equal(got, want), f"与在 float32 里加、最后舍入一次的结果最多差 {off:.3g}")


def test_absorbing_the_scale_keeps_the_change():
    _, A, B = values()
    for rslora in (False, True):
        scale = ALPHA / (R**0.5 if rslora else R)
        new_A, new_B, alpha = call(ex.absorb_scale, A, B, ALPHA, rslora)
        expect(alpha != IN, f"新的 α 得到 {alpha}：那是 in；A 是 (r, in)，r 是第 0 维")
        expect(alpha / R == 1, f"新的 α 应当是 r = {R}（α/r = 1），得到 {alpha}")
        ratio = ((new_B @ new_A).norm() / (B @ A).norm()).item()
        text = f"新的 B A 是原来的 {ratio:.3g} 倍，应当是 s = {scale:.3g} 倍"
        expect(abs(ratio - scale**2) > 1e-3, f"{text}：A 与 B 各乘了 s，ΔW 就乘了 s²，只乘一个")
        expect(torch.allclose(new_B @ new_A, scale * B @ A, atol=1e-4), f"{text}，ΔW 才不变")
        expect(torch.equal(new_A, A), "A 变了：只改 B")
