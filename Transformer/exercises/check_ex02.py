"""检查 ex02：切头与拼头逐格比较，多头注意力与 nn.MultiheadAttention 比较。"""

import torch
from torch import nn

from book import expect, load_exercise

ex = load_exercise(__file__)

B, T, S, H, D = 2, 5, 7, 3, 4
C = H * D
CAUSES = {  # 报错里的几个字 -> 多半是哪个想法错了
    "view size is not compatible": "换过轴的张量不连续，view 不行：用 flatten(2) 或 reshape，它们会按新的次序复制",
    "'tuple' object": "attention 返回一对 (输出, 权重)，只要输出：attention(q, k, v, mask)[0]",
    "is not defined": "少了导入：题目开头已有 torch 与 F，别的自己加",
    "NoneType": "少了 return，或者没有判断 mask 是不是 None",
    "Boolean value": "有没有 mask 不能写 if mask（里面有好几个数）：写 if mask is not None",
    "cannot be multiplied": "w 是 (C, C)，乘在通道那一维上：x @ w.T，也就是 F.linear(x, w)",
    "is invalid for input": "元素个数对不上：(B, T, C) -> (B, T, H, C // H)，别的维不动",
    "must match": "query 来自 x（T 个词），key 与 value 来自 memory（S 个词）：k 与 v 要一样长",
    "Expected size": "query 来自 x（T 个词），key 与 value 来自 memory（S 个词）：k 与 v 要一样长",
}
SHARED = "每个头用自己的 D 个通道：切头之后再做注意力，除以的是 √D"


def randn(*shape, seed=1):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def close(got, want):
    return got.shape == want.shape and torch.allclose(got, want, rtol=1e-5, atol=1e-5)


def call(function, *args):
    """调用你的函数；认得出的报错、返回的不是 Tensor，都换成一句话。"""
    name = function.__name__
    try:
        got = function(*args)
    except (RuntimeError, IndexError, AttributeError, TypeError, NameError) as error:
        for part, idea in CAUSES.items():
            expect(part not in str(error), f"{name} 抛了 {type(error).__name__}：{idea}。Python 说：{error}")
        raise
    expect(isinstance(got, torch.Tensor), f"{name} 返回的是 {type(got).__name__}，应当是 Tensor：忘了 return？")
    return got


def numbered(*shape):
    """第 b 句第 t 个词第 c 个通道是 100b + 10t + c 这样好认的数（通道超过 9 时进位，仍然各不相同）。"""
    sizes = torch.tensor([10_000, 100, 1])
    axes = torch.meshgrid(*(torch.arange(n) for n in shape), indexing="ij")
    return sum(axis * size for axis, size in zip(axes, sizes))


def reference(x, memory, weights, num_heads, mask=None):
    """nn.MultiheadAttention，权重是给定的，没有偏置；它的布尔掩码 True 是不能看。"""
    module = nn.MultiheadAttention(x.shape[-1], num_heads, bias=False, batch_first=True)
    with torch.no_grad():
        module.in_proj_weight.copy_(torch.cat(weights[:3]))
        module.out_proj.weight.copy_(weights[3])
        hidden = None
        if mask is not None:  # (B, 1, T, S) -> (B·H, T, S)
            hidden = ~mask.expand(len(x), num_heads, x.shape[1], memory.shape[1]).flatten(0, 1)
        return module(x, memory, memory, attn_mask=hidden)[0]


def projections():
    return [randn(C, C, seed=10 + i) / C**0.5 for i in range(4)]


def test_split_gives_each_head_its_own_channels():
    x = numbered(B, T, C)
    got = call(ex.split_heads, x, H)
    want = torch.stack([x[..., h * D : (h + 1) * D] for h in range(H)], dim=1)
    shape = tuple(got.shape)
    expect(shape != (B, T, H, D), f"split_heads 得到 {shape}，少了最后一步：transpose(1, 2) 把头换到词的前面")
    idea = "头是单独的一维，排在批后面：注意力只看最后两维 (T, D)，别的维各算各的"
    expect(shape == (B, H, T, D), f"split_heads (2, 5, 12) 应当得到 (2, 3, 5, 4)，得到 {shape}。{idea}")
    text = "形状对，但第 0 个头第 1 行是"
    mixed = (
        "直接 view 成 (B, H, T, D) 只换形状不换次序，一个头里混进了别的词：先 view 成 (B, T, H, D)，再 transpose(1, 2)"
    )
    row = f"{text} {got[0, 0, 1].tolist()}，应当是第 1 个词的前 4 个通道 {want[0, 0, 1].tolist()}"
    expect(not torch.equal(got, x.view(B, H, T, D)), f"{row}。{mixed}")
    expect(torch.equal(got, want), f"{row}。一个头的通道是相邻的一段，不是每隔 H 个取一个")


def test_split_refuses_heads_that_do_not_divide():
    try:
        got = ex.split_heads(randn(1, 2, 6), 4)
    except ValueError as error:
        expect("4" in str(error) and "6" in str(error), f"ValueError 里要有 4 与 6 这两个数，现在是「{error}」")
        return
    except (RuntimeError, ZeroDivisionError, AssertionError) as error:
        text = (
            f"4 个头分 6 个通道，抛的是 {type(error).__name__}：先判断 C % num_heads，自己抛 ValueError，说清楚两个数"
        )
        expect(False, text)
    expect(False, f"4 个头分 6 个通道应当抛 ValueError，却返回了 {type(got).__name__}")


def test_join_puts_the_heads_side_by_side():
    x = numbered(B, T, C)
    heads = torch.stack([x[..., h * D : (h + 1) * D] for h in range(H)], dim=1)  # (B, H, T, D)
    got = call(ex.join_heads, heads)
    expect(got.shape == x.shape, f"join_heads (2, 3, 5, 4) 应当得到 (2, 5, 12)，得到 {tuple(got.shape)}")
    row = f"形状对，但第 0 个词是 {got[0, 0].tolist()}，应当是 {x[0, 0].tolist()}"
    mixed = "直接 reshape 把同一个头的几个词拼在了一起：先 transpose(1, 2) 换回 (B, T, H, D)"
    expect(not torch.equal(got, heads.reshape(B, T, C)), f"{row}。{mixed}")
    expect(torch.equal(got, x), f"{row}。第 0 个头的 D 个通道在最前面，接着第 1 个头的")


def test_one_word_is_projected_by_value_then_output():
    x, (wq, wk, wv, wo) = randn(B, 1, C), projections()
    got = call(ex.multi_head, x, x, wq, wk, wv, wo, H)
    expect(got.shape == x.shape, f"x (2, 1, 12) 的输出应当同形，得到 {tuple(got.shape)}：拼回来再过 w_output")
    value = x @ wv.T
    expect(not close(got, value), "只有一个词，输出等于 value：拼起来之后还要过 w_output")
    expect(not close(got, x @ wv @ wo), "权重没有转置：y = x @ w.T，也就是 F.linear(x, w)")
    expect(close(got, value @ wo.T), "只有一个词时权重是 1，输出应当是 x @ w_value.T @ w_output.T")


def test_one_head_equals_torch():
    x, weights = randn(B, T, C), projections()
    got, want = call(ex.multi_head, x, x, *weights, 1), reference(x, x, weights, 1)
    wq, *others = weights
    unscaled = reference(x, x, [wq * C**0.5, *others], 1)  # query 放大 √C 倍，抵消了除法
    expect(not close(got, unscaled), "没有除以 √D：一个头时 D = C = 12，分数是 q·k / √12")
    idea = "query、key、value 各过自己的权重：w_query、w_key、w_value"
    expect(close(got, want), f"一个头的自注意力最多差 {(got - want).abs().max():.3g}。{idea}")


def test_several_heads_equal_torch():
    x, weights = randn(B, T, C), projections()
    got, want = call(ex.multi_head, x, x, *weights, H), reference(x, x, weights, H)
    one = reference(x, x, weights, 1)
    expect(not close(got, one), f"3 个头的结果与 1 个头的相同。{SHARED}")
    expect(close(got, want), f"一个头对，3 个头最多差 {(got - want).abs().max():.3g}。{SHARED}")


def test_keys_and_values_come_from_memory():
    x, memory, weights = randn(B, T, C), randn(B, S, C, seed=2), projections()
    got, want = call(ex.multi_head, x, memory, *weights, H), reference(x, memory, weights, H)
    idea = "query 来自 x，key 与 value 都来自 memory"
    expect(got.shape == want.shape, f"x 有 5 个词、memory 有 7 个，输出应当有 5 个，得到 {got.shape[1]} 个：{idea}")
    expect(close(got, want), f"memory 与 x 不同时最多差 {(got - want).abs().max():.3g}：{idea}")


def test_the_mask_hides_keys():
    x, memory, weights = randn(B, T, C), randn(B, S, C, seed=2), projections()
    mask = torch.arange(S)[None, None, None] < torch.tensor([S, 3])[:, None, None, None]  # (B, 1, 1, S)
    got, want = call(ex.multi_head, x, memory, *weights, H, mask), reference(x, memory, weights, H, mask)
    expect(not close(got, reference(x, memory, weights, H)), "加不加 mask 输出一样：mask 没有传给注意力")
    expect(close(got, want), f"加了 mask 最多差 {(got - want).abs().max():.3g}：True 是能看，不用取反")


def test_future_words_change_nothing_under_a_causal_mask():
    x, weights = randn(B, T, C), projections()
    mask, edited = torch.ones(T, T).tril().bool(), x.clone()
    edited[:, -1] += 1
    before, after = (call(ex.multi_head, t, t, *weights, H, mask) for t in (x, edited))
    leak = (after - before)[:, :-1].abs().max().item()
    text = f"改最后一个词，前面的输出变了 {leak:.3g}，应当是 0：mask 没有传给注意力，或者切头把不同的词混在了一起"
    expect(leak < 1e-6, text)


def test_gradients_reach_every_input():
    leaves = [t.requires_grad_() for t in (randn(B, T, C), randn(B, S, C, seed=2), *projections())]
    out, want = call(ex.multi_head, *leaves, H), reference(*leaves[:2], leaves[2:], H)
    expect(close(out, want), f"输出最多差 {(out - want).abs().max():.3g}，先改好上面的几条")
    idea = "计算图断了：中间用了 .item()、.data、.detach()、no_grad 或 numpy"
    expect(out.requires_grad, f"输出没有 grad_fn，反向传不回去。{idea}")
    grads = torch.autograd.grad((out * randn(B, T, C, seed=9)).sum(), leaves, allow_unused=True)
    for name, grad in zip(("x", "memory", "w_query", "w_key", "w_value", "w_output"), grads):
        expect(grad is not None, f"{name} 没有梯度。{idea}")
