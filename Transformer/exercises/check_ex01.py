"""检查 ex01：掩码逐格比较，注意力的值与梯度与 F.scaled_dot_product_attention 比较。"""

import math

import torch
from torch.nn import functional as F

from book import expect, load_exercise

ex = load_exercise(__file__)

TRANSPOSE = "k 只转置最后两维：k.transpose(-2, -1)，(..., S, D) -> (..., D, S)"
CAUSES = {  # 报错里的几个字 -> 多半是哪个想法错了
    "Boolean value": "张量里有好几个真假，当不了一个条件：逐格的与写 &，不写 and；有没有 mask，写 if mask is not None",
    "in-place operation": "别就地改传进来的张量：q /= … 改的是别人的 q，写 q = q / …",
    "shape of the mask": "scores[~mask] = … 不会广播：写 scores.masked_fill(~mask, -math.inf)",
    "is not defined": "少了导入：题目开头已有 math、torch，别的自己加",
    "NoneType": "mask 可以是 None：先判断 mask is not None，再用",
    "numpy()": "计算图断了：全程用 torch 的运算，不转成 numpy",
    "only supported on": f"{TRANSPOSE}；.T 只管二维",
    "must match": TRANSPOSE,
    "cannot be multiplied": TRANSPOSE,
    "Expected size": TRANSPOSE,
    "not broadcastable": TRANSPOSE,
    "Integral": "~ 只能用在布尔张量上：掩码是 bool",
    "bitwise": "&、~ 只能用在布尔张量上：掩码是 bool",
}


def randn(*shape, seed=1):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def close(got, want):
    return got.shape == want.shape and torch.allclose(got, want, rtol=1e-5, atol=1e-5)


def call(function, *args):
    """调用你的函数；认得出的报错、忘了 return，都换成一句话。"""
    try:
        got = function(*args)
    except (RuntimeError, IndexError, AttributeError, TypeError, ValueError, NameError) as error:
        for part, idea in CAUSES.items():
            text = f"{function.__name__} 抛了 {type(error).__name__}：{idea}。Python 说：{error}"
            expect(part not in str(error), text)
        raise
    expect(got is not None, f"{function.__name__} 返回的是 NoneType：忘了 return？")
    return got


def check_mask(text, got, want, idea):
    """一个掩码：是 Tensor、是 bool、形状对、没有反、每格都对。"""
    expect(isinstance(got, torch.Tensor), f"{text} 返回的是 {type(got).__name__}，应当是 Tensor")
    expect(got.dtype == torch.bool, f"{text} 的类型是 {got.dtype}，应当是 torch.bool：掩码说的是能不能看，不是分数")
    expect(got.shape == want.shape, f"{text} 的形状应当是 {tuple(want.shape)}，得到 {tuple(got.shape)}。{idea}")
    expect(not torch.equal(got, ~want), f"{text} 每一格都反了：本书里 True 是能看（nn.MultiheadAttention 相反）")
    expect(torch.equal(got, want), f"{text} 应当是 {want.int().tolist()}，得到 {got.int().tolist()}。{idea}")


def run_attention(q, k, v, mask=None):
    """调用 attention，检查两个返回值的形状。"""
    before = [t.detach().clone() for t in (q, k, v)]
    got = call(ex.attention, q, k, v, mask)
    for name, a, b in zip("qkv", before, (q, k, v)):
        expect(torch.equal(a, b), f"attention 改了传进来的 {name}：别就地改 {name}，写 {name} = {name} / …")
    expect(isinstance(got, tuple) and len(got) == 2, f"attention 要返回一对 (输出, 权重)，得到 {type(got).__name__}")
    out, weights = got
    shapes = f"q {tuple(q.shape)}、k {tuple(k.shape)}"
    want_out, want_weights = (*q.shape[:-1], v.shape[-1]), (*q.shape[:-1], k.shape[-2])
    swapped = tuple(out.shape) == want_weights and tuple(weights.shape) == want_out and want_out != want_weights
    expect(not swapped, f"{shapes}：两个返回值次序反了，先输出，后权重")
    expect(tuple(weights.shape) == want_weights, f"{shapes}：权重应当是 {want_weights}，得到 {tuple(weights.shape)}")
    expect(tuple(out.shape) == want_out, f"{shapes}：输出应当是 {want_out}，得到 {tuple(out.shape)}")
    return out, weights


def torch_weights(q, k, mask=None):
    """参考的权重：value 取单位矩阵，输出就是权重。"""
    return F.scaled_dot_product_attention(q, k, torch.eye(k.shape[-2]).expand(*k.shape[:-1], -1), mask)


def test_padding_mask_marks_the_real_keys():
    tokens = torch.tensor([[5, 6, 7], [8, 0, 0]])
    got = call(ex.padding_mask, tokens)
    want = torch.tensor([[[[True, True, True]]], [[[True, False, False]]]])
    shape = tuple(getattr(got, "shape", ()))
    expect(shape != (2, 1, 3, 1), f"padding_mask 得到 {shape}：挡的是 key（最后一维），不是 query（倒数第二维）")
    check_mask("padding_mask([[5, 6, 7], [8, 0, 0]])", got, want, "中间留两个长度 1 的维，给头与 query 广播")


def test_the_number_of_the_padding_is_an_argument():
    got = call(ex.padding_mask, torch.tensor([[0, 3, 9]]), 9)
    want = torch.tensor([[[[True, True, False]]]])
    check_mask("padding_mask([[0, 3, 9]], pad=9)", got, want, "填充的编号是参数 pad，不一定是 0")


def test_causal_mask_shows_the_past_and_itself():
    got = call(ex.causal_mask, 4)
    want = torch.tensor([[1, 0, 0, 0], [1, 1, 0, 0], [1, 1, 1, 0], [1, 1, 1, 1]]).bool()
    if isinstance(got, torch.Tensor) and got.shape == want.shape:
        expect(not torch.equal(got.bool(), want.T), "causal_mask(4) 沿对角线翻了：行是 query，列是 key，能看的在左下")
        strict = "causal_mask(4) 少了对角线：自己也能看，否则第 0 行一个都看不见，softmax 得 nan"
        expect(not torch.equal(got.bool(), want.tril(-1)), strict)
    check_mask("causal_mask(4)", got, want, "第 i 行的前 i+1 个是 True")


def test_combined_mask_needs_both():
    padding = torch.tensor([[True, True, True], [True, False, False]])[:, None, None, :]
    causal = torch.tensor([[1, 0, 0], [1, 1, 0], [1, 1, 1]]).bool()
    got = call(ex.combine_masks, padding, causal)
    if isinstance(got, torch.Tensor):
        expect(got.dtype != torch.bool or not torch.equal(got, padding | causal), "用了或：两个都允许才算能看，用 &")
    check_mask("combine_masks", got, padding & causal, "每句有自己的填充，因果对所有句子相同：广播之后逐格取与")


def test_weights_by_hand():
    weights = run_attention(torch.tensor([[1.0, 0.0]]), torch.eye(2), torch.eye(2))[1][0]
    text = (
        f"q=(1, 0)、key 是 (1, 0) 与 (0, 1)：权重应当是 0.670 与 0.330，得到 {[round(w, 3) for w in weights.tolist()]}"
    )
    ideas = {
        (0.731059, 0.268941): "没有除以 √D",
        (0.622459, 0.377541): "除的是 D，不是 √D",
        (1.0, 1.0): "softmax 沿 query 那一维了：dim=-1，每行之和才是 1",
    }
    for wrong, idea in ideas.items():
        expect(not close(weights, torch.tensor(wrong)), f"{text}。{idea}")
    expect(close(weights, torch.tensor([0.669761, 0.330239])), f"{text}。点积，除以 √2，softmax")


def test_every_row_of_weights_sums_to_one():
    q, k, v = randn(4, 8), randn(6, 8, seed=2), randn(6, 8, seed=3)
    sums = run_attention(q, k, v)[1].sum(-1)
    expect(close(sums, torch.ones(4)), f"权重每行之和应当是 1，得到 {sums.tolist()}：softmax 沿最后一维（key）")


def test_the_root_is_of_the_head_width():
    q, k, v = randn(4, 8), randn(6, 8, seed=2), randn(6, 8, seed=3)
    weights, want = run_attention(q, k, v)[1], torch_weights(q, k)
    for size, name in ((6, "S，key 的个数"), (4, "T，query 的个数")):
        expect(not close(weights, (q @ k.T / math.sqrt(size)).softmax(-1)), f"除的是 √{name}；应当是 √D，q 的最后一维")
    reshaped = (q @ k.reshape(8, 6) / math.sqrt(8)).softmax(-1)
    expect(not close(weights, reshaped), f"reshape 只换形状，不换次序，冒充不了转置。{TRANSPOSE}")
    expect(close(weights, want), f"D=8 时权重最多差 {(weights - want).abs().max():.3g}：点积除以 √8，再 softmax")


def test_the_output_mixes_the_values():
    q, k, v = randn(4, 8), randn(6, 8, seed=2), randn(6, 8, seed=3)
    out, weights = run_attention(q, k, v)
    expect(close(out, weights @ v), "权重对，输出不是 weights @ v：(T, S) @ (S, D) -> (T, D)，加权的是 v，不是 k")


def test_hidden_keys_get_weight_zero():
    q, k, v = randn(3, 4), randn(3, 4, seed=2), randn(3, 4, seed=3)
    mask = torch.tensor([[1, 0, 0], [1, 1, 0], [1, 0, 1]]).bool()
    weights = run_attention(q, k, v, mask)[1]
    idea = "mask 反了：False 的才填 -inf，masked_fill(~mask, -inf)"
    expect(not bool((weights[mask] == 0).all()), f"能看的 key 权重是 0，不能看的反而有。{idea}")
    expect(not bool(weights.isnan().any()), "权重里有 nan：0·inf 是 nan，乘着填不行；写 masked_fill(~mask, -math.inf)")
    hidden = weights[~mask].max().item()
    text = f"不能看的 key 还有权重 {hidden:.3g}，应当恰好是 0：分数填 -inf；填 0 的话 e⁰ = 1，照样参与"
    expect(hidden == 0, text)


def test_the_mask_comes_before_the_softmax():
    q, k, v = randn(3, 4), randn(3, 4, seed=2), randn(3, 4, seed=3)
    mask = torch.tensor([[1, 0, 0], [1, 1, 0], [1, 1, 1]]).bool()
    weights = run_attention(q, k, v, mask)[1]
    sums = [round(value, 3) for value in weights.sum(-1).tolist()]
    expect(close(weights.sum(-1), torch.ones(3)), f"加了掩码，每行之和是 {sums}，应当都是 1：先掩码，再 softmax")
    expect(close(weights, torch_weights(q, k, mask)), "加了掩码之后权重不对：只有看得见的 key 参加 softmax")


def test_large_scores_neither_overflow_nor_beat_the_mask():
    q, k, mask = torch.tensor([[1.0, 0.0]]), torch.tensor([[1.0, 0.0], [0.0, 1.0]]), torch.tensor([[True, False]])
    weights = run_attention(1000 * q, k, k)[1]
    expect(not bool(weights.isnan().any()), "分数 707 时权重是 nan：e⁸⁹ 就溢出了；用 softmax，或先减去每行最大的分数")
    weights = run_attention(-1e6 * q, k, k, mask)[1]
    idea = "填的数不够小，真的分数比它还低；填 -inf"
    expect(weights[0, 1] == 0, f"能看的分数是 -7e5 时，不能看的 key 有权重 {weights[0, 1]:.3g}：{idea}")


def test_batches_and_heads_ride_along():
    q, k, v = randn(2, 3, 4, 8), randn(2, 3, 5, 8, seed=2), randn(2, 3, 5, 8, seed=3)
    weights, dots = run_attention(q, k, v)[1], q @ k.transpose(-2, -1)
    over_heads, root_of_heads = (dots / math.sqrt(8)).softmax(1), (dots / math.sqrt(3)).softmax(-1)
    expect(not close(weights, over_heads), "四维时第 1 维是头，softmax(dim=1) 沿了头：写 dim=-1")
    expect(not close(weights, root_of_heads), "四维时 len(q[0])、q.shape[1] 是头数 3，不是 D：写 q.shape[-1]")
    mask = torch.tensor([[1, 1, 1, 1, 1], [1, 1, 0, 0, 0]]).bool()[:, None, None, :]
    for name, m in (("没有 mask", None), ("mask (2, 1, 1, 5)", mask)):
        out = run_attention(q, k, v, m)[0]
        want = F.scaled_dot_product_attention(q, k, v, m)
        text = f"q (2, 3, 4, 8)、k (2, 3, 5, 8)、{name}：最多差 {(out - want).abs().max():.3g}。{TRANSPOSE}"
        expect(close(out, want), text)


def test_gradients_flow_to_all_three():
    leaves = [randn(5, 8, seed=i).requires_grad_() for i in range(3)]
    mask = torch.ones(5, 5).tril().bool()
    out = run_attention(*leaves, mask)[0]
    idea = "计算图断了：中间用了 .item()、.data、.detach()、no_grad 或 numpy"
    reference, upstream = F.scaled_dot_product_attention(*leaves, mask), randn(5, 8, seed=9)
    expect(close(out, reference), f"5 个词、因果掩码：输出最多差 {(out - reference).abs().max():.3g}，先改好上面的几条")
    expect(out.requires_grad, f"输出没有 grad_fn，反向传不回去。{idea}")
    ours = torch.autograd.grad((out * upstream).sum(), leaves, allow_unused=True)
    want = torch.autograd.grad((reference * upstream).sum(), leaves)
    for name, a, b in zip("qkv", ours, want):
        expect(a is not None, f"{name} 没有梯度。{idea}")
        expect(close(a, b), f"输出全对，{name} 的梯度却不同：有一部分断了。{idea}")
