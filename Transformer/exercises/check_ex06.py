"""检查 ex06：手算的小例子，加上与定义逐项比较。"""

import math

import torch

from book import expect, load_exercise

ex = load_exercise(__file__)


def weights_of(*shape, seed=6):
    """随机的注意力权重，每行之和是 1。"""
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed)).mul(2).softmax(-1)


def close(got, want):
    return got.shape == want.shape and torch.allclose(got, want, rtol=1e-4, atol=1e-5)


def call(function, *args):
    """调用你的函数；张量传副本。下标出界、忘了 return 换成一句话。"""
    try:
        got = function(*(arg.clone() if isinstance(arg, torch.Tensor) else arg for arg in args))
    except IndexError as error:
        expect(False, f"{function.__name__} 的下标出界了：行在前，列在后，weights[行, 列]。Python 说：{error}")
    expect(got is not None, f"{function.__name__} 返回的是 None：忘了 return？")
    return got


def tensor_of(function, *args):
    got = call(function, *args)
    expect(isinstance(got, torch.Tensor), f"{function.__name__} 返回的是 {type(got).__name__}，应当是 Tensor")
    return got


def number(function, *args):
    """返回一个数的函数：收下浮点数，也收下一个元素的张量。"""
    got = call(function, *args)
    single = isinstance(got, (int, float)) or (isinstance(got, torch.Tensor) and got.numel() == 1)
    expect(single, f"{function.__name__} 要返回一个数，得到 {got}：对各行取平均")
    return float(got)


def test_entropy_by_hand():
    rows = torch.tensor([[0.5, 0.5, 1e-30], [0.25, 0.5, 0.25]])
    got = tensor_of(ex.entropy, rows)
    expect(got.shape != rows.shape, "entropy 每行一个数：对最后一维求和")
    expect(got.shape == (2,), f"entropy 收 (2, 3)，应当返回 (2,)，得到 {tuple(got.shape)}：每行各算各的，不合起来")
    want = torch.tensor([math.log(2), 1.5 * math.log(2)])
    expect(not close(got, -want), "符号反了：熵是 -Σ w ln w，不会是负的")
    expect(not close(got, want / math.log(2)), f"得到 {got.tolist()}，单位是 bit：用 ln，不用 log2")
    expect(not close(got, want / math.log(3)), f"得到 {got.tolist()}：不除以 ln S，单位就是 nat")
    expect(not close(got, want / 3), f"得到 {got.tolist()}：是求和，不是平均，S 变了平均就变")
    expect(close(got, want), f"(0.5, 0.5) 与 (0.25, 0.5, 0.25) 的熵应当是 0.693 与 1.040，得到 {got.tolist()}")


def test_zero_weights_count_as_zero():
    got = tensor_of(ex.entropy, torch.tensor([[1.0, 0.0, 0.0]]))
    expect(not bool(got.isnan().any()), "有一个权重是 0 就得了 nan：0 ln 0 要当作 0（torch.special.entr）")
    expect(got.abs().max().item() < 1e-7, f"只看一个字的一行熵是 {got.item():.3g}，应当恰好是 0：别给权重加一个小数")


def test_entropy_of_every_head_at_once():
    weights = weights_of(2, 3, 4, 5)
    got = tensor_of(ex.entropy, weights)
    want = torch.distributions.Categorical(probs=weights).entropy()
    expect(got.shape == (2, 3, 4), f"(B, H, T, S) = (2, 3, 4, 5) 应当得 (2, 3, 4)，得到 {tuple(got.shape)}：沿最后一维")
    expect(close(got, want), "四维时与逐行算的不同：key 是最后一维，写 dim=-1")


def test_span_mass_by_hand():
    weights = torch.tensor([[0.6, 0.3, 0.1, 0.0, 0.0], [0.1, 0.2, 0.25, 0.4, 0.05], [0.0, 0.2, 0.5, 0.1, 0.2]])
    got = number(ex.span_mass, weights, [0, 2], [[0, 1], [2, 3]])
    text = f"第 0 步看第 0、1 列，第 2 步看第 2、3 列：(0.9 + 0.6) / 2 = 0.75，得到 {got:.4g}"
    ideas = {
        0.375: "一段里的权重要相加，不取平均：段长了不该吃亏",
        1.5: "各行加起来之后还要除以行数",
        0.5: "除的是 rows 的个数，不是 T：没有答案的行不算",
        0.55: "一段里的权重要相加，不是取最大的",
        1.0: "算的是命中（最大的那列在不在段里），要的是份额",
        0.9: "每一步只算自己的那一段 columns[i]，不是所有段合起来",
        0.775: "行号是 rows[i]，不是 i",
        0.425: "错了一行：rows[i] 就是权重的行号，不用减 1",
    }
    for wrong, idea in ideas.items():
        expect(abs(got - wrong) > 1e-4, f"{text}。{idea}")
    expect(abs(got - 0.75) < 1e-4, text)


def test_span_mass_pairs_each_row_with_its_own_span():
    weights = weights_of(4, 6)
    rows, columns = [1, 3, 2], [[0], [1, 2, 5], [3]]
    got = number(ex.span_mass, weights, rows, columns)
    want = sum(weights[row, span].sum().item() for row, span in zip(rows, columns)) / 3
    idea = "weights[rows[i], columns[i]].sum()：行在前，列在后；段可以不连续，行可以不按次序"
    expect(abs(got - want) < 1e-4, f"rows={rows}、columns={columns}：应当是 {want:.4g}，得到 {got:.4g}。{idea}")


def test_offset_score_of_a_previous_token_head():
    weights = torch.tensor([[0.5, 0.2, 0.3], [0.8, 0.2, 0.0], [0.1, 0.6, 0.3]])
    got = number(ex.offset_score, weights, -1)
    text = f"看前一个的份额是 (0.8 + 0.6) / 2 = 0.7，得到 {got:.4g}"
    ideas = {
        0.1: "偏移反了：-1 是 key 在 query 的前一个，第 t 行第 t-1 列",
        1.4 / 3: "出界的 t 不算：只有 T-1 行有前一个，除以 T-1",
        1.4: "要平均，不是求和",
        1.0 / 3: "算成了对角线：没有用 offset",
        1.7 / 3: "第 0 行绕到了另一头（下标 -1）：出界的 t 不算",
        1.9 / 3: "第 0 行没有前一个，算成了它自己：出界的 t 不算",
    }
    for wrong, idea in ideas.items():
        expect(abs(got - wrong) > 1e-4, f"{text}。{idea}")
    expect(abs(got - 0.7) < 1e-4, text)


def test_offset_score_on_both_sides():
    weights = weights_of(6, 6)
    for offset in (-3, -1, 0, 1, 2):
        want = [weights[t, t + offset].item() for t in range(6) if 0 <= t + offset < 6]
        got = number(ex.offset_score, weights, offset)
        text = f"offset={offset} 应当是 {sum(want) / len(want):.4g}，得到 {got:.4g}：正的偏移看后面，负的看前面"
        expect(abs(got - sum(want) / len(want)) < 1e-4, text)


def test_rollout_of_one_layer():
    got = tensor_of(ex.rollout, [torch.tensor([[[0.0, 1.0], [1.0, 0.0]], [[1.0, 0.0], [1.0, 0.0]]])])
    expect(got.shape == (2, 2), f"一层两个头 (2, 2, 2) 应当得 (2, 2)，得到 {tuple(got.shape)}：先对头取平均")
    want = torch.tensor([[0.75, 0.25], [0.5, 0.5]])
    text = f"A = [[0.5, 0.5], [1, 0]]，0.5 (A + I) 应当是 {want.tolist()}，得到 {got.tolist()}"
    expect(not close(got, torch.tensor([[0.5, 0.5], [1.0, 0.0]])), f"{text}。忘了残差连接：每层加上 I")
    expect(not close(got, 2 * want), f"{text}。加了 I 没有乘 0.5，每行之和成了 2")
    heads = torch.tensor([[1.0, 0.5], [1.0, 0.5]])
    expect(not close(got, heads), f"{text}。头是平均，不是相加")
    expect(close(got, want), text)


def test_rollout_multiplies_later_layers_on_the_left():
    layers = [weights_of(2, 5, 5, seed=seed) for seed in (1, 2, 3)]
    got = tensor_of(ex.rollout, layers)
    a, b, c = (0.5 * (layer.mean(0) + torch.eye(5)) for layer in layers)
    expect(not close(got, a @ b @ c), "乘的次序反了：后一层在左边，total = mixed @ total")
    expect(not close(got, a * b * c), "用了逐元素的 *：层与层之间是矩阵乘法 @")
    expect(not close(got, c), "只剩最后一层：要一层层乘起来")
    expect(not close(got, (a + b + c) / 3), "层与层之间是乘，不是平均")
    product = layers[2].mean(0) @ layers[1].mean(0) @ layers[0].mean(0)
    expect(not close(got, 0.5 * (product + torch.eye(5))), "残差连接每层都有：每层各自 0.5 (A + I)，不是乘完再加一次")
    sums = [round(value, 3) for value in got.sum(-1).tolist()]
    expect(close(got.sum(-1), torch.ones(5)), f"每行之和是 {sums}，应当都是 1：每行是来自各处的份额")
    expect(close(got, c @ b @ a), f"三层的 rollout 最多差 {(got - c @ b @ a).abs().max():.3g}")


def test_zero_head_clears_one_slice():
    x = torch.arange(1.0, 13.0).view(1, 2, 6)
    got = tensor_of(ex.zero_head, x, 3, 1)
    expect(got.shape == x.shape, f"形状不变：(1, 2, 6) 变成了 {tuple(got.shape)}")
    cleared = (got == 0).all(1)[0].nonzero().flatten().tolist()
    text = f"3 个头、6 个通道，第 1 个头是通道 2、3；你清的是 {cleared}"
    expect(cleared != [1], f"{text}。一个头占 D = C/num_heads 个通道，不是一个")
    expect(cleared != [1, 4], f"{text}。头是连续的一段，不是每隔 num_heads 取一个")
    expect(cleared != [3, 4, 5], f"{text}。每个头 D = C/num_heads = 2 维，不是 num_heads 维")
    expect(cleared != [0, 1, 4, 5], f"{text}。反了：清掉的是这一个头，别的留着")
    expect(cleared != [0, 1], f"{text}。头从 0 数：第 head 个从 head·D 开始")
    expect(cleared == [2, 3], f"{text}，得到 {got.tolist()}")
    kept = [0, 1, 4, 5]
    scaled = f"别的头不许动：原来 {x[0, 0].tolist()}，得到 {got[0, 0].tolist()}。关掉一个头不是 dropout，不放大剩下的"
    expect(close(got[..., kept], x[..., kept]), scaled)


def test_zero_head_keeps_the_input_and_the_gradients():
    x = torch.ones(2, 3, 8)
    got = ex.zero_head(x, 4, 0)
    expect(bool((x == 1).all()), "zero_head 改了传进来的 x：切片是视图，先 clone 再改")
    expect(bool((got[..., 2:] == 1).all()), "num_heads=4、C=8：第 0 个头只占通道 0、1")
    leaf = x.clone().requires_grad_()
    out = ex.zero_head(leaf, 4, 3)
    expect(out.requires_grad, "计算图断了：没有关掉的头也收不到梯度，别用 .data、.detach()")
    out.sum().backward()
    want = torch.ones(2, 3, 8)
    want[..., 6:] = 0
    expect(close(leaf.grad, want), "关掉的头梯度是 0，别的是 1")
