"""检查 ex03：个数、形状、掩码与位置按定义比较，注意力与一格一格算的比较。"""

import torch

from book import expect, load_exercise

ex = load_exercise(__file__)

L, B, H, P, T, D = 3, 2, 2, 4, 5, 6
CAUSES = {
    "must match": "批的大小对不上：前缀要复制成 B 份，再在词的那一维（倒数第二维）接起来",
    "Sizes of tensors": "接起来的那一维错了：键与值在词的那一维（dim=2）接，掩码在第 1 维接",
    "is invalid for input": "元素个数对不上：一行是 L·2·H·D 个数，先 view 成 (P, L, 2, H, D)",
    "is not defined": "少了导入：题目开头已有 torch 与 F，别的自己加",
    "NoneType": "少了 return",
}


def randn(*shape, seed=1):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def call(function, *args):
    """调用你的函数；认得出的报错换成一句话。"""
    try:
        return function(*args)
    except (RuntimeError, IndexError, AttributeError, TypeError, NameError) as error:
        for part, idea in CAUSES.items():
            expect(
                part not in str(error), f"{function.__name__} 抛了 {type(error).__name__}：{idea}。Python 说：{error}"
            )
        raise


def numbered():
    """flat[p] 的每个数说出自己是谁：1000·词 + 100·层 + 50·(是值) + 10·头 + 维。"""
    p, layer, value, head, d = torch.meshgrid(*(torch.arange(n) for n in (P, L, 2, H, D)), indexing="ij")
    return (1000 * p + 100 * layer + 50 * value + 10 * head + d).flatten(1)


def test_the_count_has_keys_and_values_of_every_layer():
    got, want = call(ex.prefix_count, 18, 1, 256, 16), 18 * 2 * 16 * 256
    expect(got != want // 2, f"得到 {got}，只数了一半：每层有键也有值，要乘 2")
    expect(got != want // 18, f"得到 {got}，只数了一层：前缀每层都有自己的一份，要乘 layers")
    expect(got == want, f"18 层、1 个头、256 维、16 个词应当是 18 × 2 × 16 × 1 × 256 = {want}，得到 {got}")
    got = call(ex.prefix_count, 2, 3, 4, 5)
    expect(got == 240, f"2 层、3 个头、4 维、5 个词应当是 240，得到 {got}：头也要乘进去")


def test_the_flat_prefix_becomes_keys_and_values():
    got = call(ex.unpack_prefix, numbered(), L, H, B)
    shape, want = tuple(got.shape), (L, 2, B, H, P, D)
    expect(shape != (L, 2, B, P, H, D), f"得到 {shape}：头要在词的前面，缓存是 (B, H, P, D)，再 permute 一次")
    expect(shape == want, f"应当是 (L, 2, B, H, P, D) = {want}，得到 {shape}")
    sample = got[1, 1, 1, 1, 2].tolist()
    idea = "次序错了：先 view 成 (P, L, 2, H, D)，再 permute；直接 view 成结果的形状，词与层就混了"
    expect(sample == [2160 + d for d in range(D)], f"第 1 层的值、第 1 行、第 1 个头、第 2 个词是 {sample}。{idea}")
    definition = numbered().view(P, L, 2, H, D).permute(1, 2, 3, 0, 4)
    expect(all(torch.equal(got[:, :, b], definition) for b in range(B)), f"有的数不在自己的位置上。{idea}")


def test_the_mask_grows_in_front_and_positions_move():
    mask, positions = torch.tensor([[1, 1, 1], [1, 0, 0]]), torch.tensor([[0, 1, 2], [0, 0, 0]])
    new_mask, new_positions = call(ex.extend_inputs, mask, positions, 2)
    rows = new_mask.tolist()
    expect(rows != [[1, 1, 1, 1, 1], [1, 0, 0, 1, 1]], f"掩码是 {rows}：前缀在前面，1 要补在左边，不是右边")
    expect(rows != [[0, 0, 1, 1, 1], [0, 0, 1, 0, 0]], f"掩码是 {rows}：补的是 0，前缀就全被当成填充挡住了，要补 1")
    expect(rows == [[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]], f"掩码应当是 [[1,1,1,1,1], [1,1,1,0,0]]，得到 {rows}")
    expect(new_mask.dtype == mask.dtype, f"掩码的类型从 {mask.dtype} 变成了 {new_mask.dtype}：用 mask.new_ones")
    idea = "前缀占了位置 0 到 length − 1，真的词从 length 数起；漏了它，训练与生成时的距离就不一样"
    expect(not torch.equal(new_positions, positions), f"位置没有变，还是 {positions.tolist()}：{idea}")
    expect(new_positions.tolist() == [[2, 3, 4], [2, 2, 2]], f"位置应当各加 2，得到 {new_positions.tolist()}：{idea}")


def by_hand(q, k, v, prefix_k, prefix_v):
    """一格一格：第 t 个词看 P 个前缀与 0 到 t。"""
    rows = []
    for t in range(q.shape[2]):
        keys = torch.cat([prefix_k, k[:, :, : t + 1]], dim=2)
        values = torch.cat([prefix_v, v[:, :, : t + 1]], dim=2)
        weights = (q[:, :, t : t + 1] @ keys.mT / q.shape[-1] ** 0.5).softmax(-1)
        rows.append(weights @ values)
    return torch.cat(rows, dim=2)


def test_every_word_sees_the_prefix_and_the_words_before_it():
    q, k, v = (randn(B, H, T, D, seed=s) for s in (1, 2, 3))
    prefix_k, prefix_v = randn(B, H, P, D, seed=4), randn(B, H, P, D, seed=5)
    got, want = call(ex.attend, q, k, v, prefix_k, prefix_v), by_hand(q, k, v, prefix_k, prefix_v)
    expect(got.shape == want.shape, f"输出应当与 q 同形 {tuple(want.shape)}，得到 {tuple(got.shape)}：前缀只出键与值")
    keys, values = torch.cat([prefix_k, k], 2), torch.cat([prefix_v, v], 2)
    sdpa = torch.nn.functional.scaled_dot_product_attention
    text = f"最多差 {(got - want).abs().max():.3g}。"
    wrong = sdpa(q, keys, values, is_causal=True)
    idea = "is_causal=True 的三角从左上角画起：第 0 个词只看得见第 0 个前缀。自己写 (T, P + T) 的掩码，对角线右移 P"
    expect(not torch.allclose(got, wrong, atol=1e-5), text + idea)
    expect(not torch.allclose(got, sdpa(q, keys, values), atol=1e-5), text + "没有掩码：词看见了它后面的词")
    backwards = by_hand(q, k, v, prefix_v, prefix_k)
    expect(not torch.allclose(got, backwards, atol=1e-5), text + "前缀的键与值对调了")
    expect(torch.allclose(got, want, atol=1e-5), text + "每个词看见全部前缀与自己和之前的词，softmax 在一起算")


def test_gradients_reach_the_prefix():
    tensors = [randn(B, H, n, D, seed=n).requires_grad_() for n in (T, T, T, P, P)]
    call(ex.attend, *tensors).sum().backward()
    dead = [name for name, t in zip(("prefix_k", "prefix_v"), tensors[3:]) if t.grad is None or not t.grad.any()]
    expect(not dead, f"{dead} 没有梯度：要训练的就是前缀，不能 detach，也不能 clone 成不求导的")
