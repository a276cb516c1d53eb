"""检查 ex07：三个过滤与定义比较，采样看频率、看随机数从哪里来。"""

import math
import traceback

import torch

from book import expect, load_exercise

ex = load_exercise(__file__)

ORDER = "要不要留是按排好的次序算的：用 scatter(-1, order, keep) 放回每个词原来的位置"
LAST = "前面的维可以没有，也可以有好几个：都沿最后一维 dim=-1"
DIM = "要写沿哪一维：dim=-1"
STABLE = "带 stable 时 dim 也要写名字：argsort(dim=-1, descending=True, stable=True)"
CAUSES = {  # 函数 -> 报错里的几个字 -> 多半是哪个想法错了
    "top_k": {
        "takes from 1 to 0": STABLE,
        "missing 1 required": DIM,
        "out of range": "k 可以比词表大：先取 min(k, V)；每行各算各的，都沿 dim=-1",
        "out of bounds": "k 可以比词表大：先取 min(k, V)；每行各算各的，都沿 dim=-1",
        "must match": LAST,
        "indexing result": "out[i] = … 里的 i 取的是第 0 维的行：用 out.scatter(-1, i, v)",
    },
    "top_p": {
        "takes from 1 to 0": STABLE,
        "missing 1 required": DIM,
        "single memory location": "右移一格时，右边要先 .clone()：两边是同一块内存；或者用 roll(1, -1)",
        "only integer tensors": "每行要留的个数不同，切片办不到：用掩码，再 scatter 回去",
        "must match": LAST,
        "Dimension out of range": LAST,
        "scatter": ORDER,
        "out of bounds": LAST,
    },
    "min_p": {
        "must match": "amax 少了 keepdim=True：(..., V) 要与 (..., 1) 比",
        "Dimension out of range": LAST,
        "Boolean value": "max(probs) 是 Python 的 max：用 probs.amax(-1, keepdim=True)",
        "multiply sequence": "probs.max(dim) 返回一对 (值, 编号)：用 amax(-1, keepdim=True)",
    },
    "sample": {
        "missing 1 required": DIM,
        "'replacement'": "generator 要写名字：multinomial(probs, 1, generator=generator)",
        "probability tensor contains": "概率里有负数、inf 或 nan：自己写 softmax 要先减每行最大的；温度 0 不能除",
        "invalid multinomial distribution": "概率之和是 0：过滤之后至少要留一个；温度 0 不能除",
        "division by zero": "温度 0 不能除：它是贪心，单独写",
        "Expected a 'cpu' device": "随机数来自传进来的 generator",
        "prob_dist must be": "multinomial 要 (N, V) 的概率",
    },
}


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
    advice = "忘了 return？" if got is None else "max、sort、topk 返回的是一对；只要一个张量"
    expect(isinstance(got, torch.Tensor), f"{name} 返回的是 {type(got).__name__}，应当是 Tensor：{advice}")
    return got


def close(got, want):
    return got.shape == want.shape and torch.allclose(got.float(), want.float(), rtol=1e-4, atol=1e-6, equal_nan=True)


def rounded(x):
    return [round(value, 3) for value in x.flatten().tolist()]


def filtered(function, probs, amount):
    """调用一个过滤：形状不变，传进去的没有改。"""
    name, before = function.__name__, probs.clone()
    got = call(function, probs, amount)
    kept = torch.equal(probs, before)
    expect(kept, f"{name} 改动了传进来的 probs：用 masked_fill，不用 masked_fill_，也不用 probs[…] = 0")
    shape = tuple(got.shape)
    advice = "返回的是同样长的概率，不是编号，也不是只有留下的几个"
    expect(got.shape == probs.shape, f"{name} 的形状应当与输入 {tuple(probs.shape)} 相同，得到 {shape}：{advice}")
    return got


def check(function, row, amount, want, ideas, otherwise):
    """一行的过滤结果；ideas：错的结果 -> 多半是哪个想法错了。"""
    got, want = filtered(function, torch.tensor(row), amount), torch.tensor(want)
    text = f"{function.__name__}({row}, {amount}) 得到 {rounded(got)}，应当是 {rounded(want)}"
    nothing = not bool((got > 0).any())  # 全是 0 或 nan
    expect(not nothing, f"{text}。一个都没有留：概率最大的那个总要留。{otherwise}")
    for wrong, idea in ideas.items():
        expect(not close(got, torch.tensor(wrong)), f"{text}。{idea}")
    total = got.sum().item()
    expect(math.isclose(total, 1, rel_tol=1e-4), f"{text}。留下的加起来是 {total:.3g}，没有重新归一化：除以它们的合计")
    expect(close(got, want), f"{text}。{otherwise}")


def largest(probs, enough):
    """照定义：从大到小（一样大先取编号小的）一个一个留，直到 enough(留下的) 为真。probs (N, V)。"""
    out = torch.zeros_like(probs)
    for n, row in enumerate(probs.tolist()):
        kept = []
        for i in sorted(range(len(row)), key=lambda i: (-row[i], i)):
            kept.append(i)
            if enough([row[j] for j in kept]):
                break
        out[n, kept] = probs[n, kept]
    return out / out.sum(-1, keepdim=True)


def random_rows(N=20, V=50):
    return (2 * torch.randn(N, V, generator=torch.Generator().manual_seed(7))).softmax(-1)


ROW = [0.1, 0.4, 0.2, 0.3]
SAME = {  # 三个过滤共有的错法，留 0.4 与 0.3 时的结果
    (0.0, 0.4, 0.0, 0.3): "没有重新归一化：留下的加起来要是 1",
    (4 / 7, 3 / 7, 0.0, 0.0): "返回的是排好序的：每个词要在原来的位置",
    (0.2, 0.8, 0.0, 0.0): ORDER,
    (0.25, 0.0, 0.0, 0.75): "放回原位用 scatter(-1, order, keep)，gather 是反方向",
    (0.5249792, 0.0, 0.0, 0.4750208): "归一化又用了 softmax：除以合计就行",
    (0.0, 0.5249792, 0.0, 0.4750208): "归一化又用了 softmax：除以合计就行",
    (1 / 3, 0.0, 2 / 3, 0.0): "留反了：留的是小的",
}


# ---------------------------------------------------------------- top-k


def test_top_k_by_hand():
    ideas = SAME | {
        (0.0, 1.0, 0.0, 0.0): "少留了一个：恰好 k 个",
        (0.0, 4 / 9, 2 / 9, 3 / 9): "多留了一个：恰好 k 个",
        (0.2, 0.8, 0.0, 0.0): "留的是编号最小的 k 个，不是概率最大的 k 个",
        tuple(ROW): "一个都没有丢",
        (0.0, 0.5, 0.0, 0.5): "留下的都一样了：概率要保持原来的比例",
    }
    check(ex.top_k, ROW, 2, [0.0, 4 / 7, 0.0, 3 / 7], ideas, "留最大的 2 个，再除以它们的合计")
    check(ex.top_k, ROW, 1, [0.0, 1.0, 0.0, 0.0], {}, "k = 1 只留最大的")


def test_top_k_keeps_exactly_k_of_equal_words():
    every = "与第 k 名一样大的全留下了：恰好 k 个，一样大的先留编号小的"
    last = "一样大的留了编号大的：用 sort 或 argsort 的 stable=True（topk 并列时不保证次序）"
    check(ex.top_k, [0.25] * 4, 2, [0.5, 0.5, 0.0, 0.0], {(0.25,) * 4: every, (0.0, 0.0, 0.5, 0.5): last}, last)
    ideas = {(0.2, 0.2, 0.4, 0.2): every, (0.0, 0.0, 2 / 3, 1 / 3): last, (0.0, 1 / 3, 2 / 3, 0.0): last}
    check(ex.top_k, [0.2, 0.2, 0.4, 0.2], 2, [1 / 3, 0.0, 2 / 3, 0.0], ideas, last)
    got = filtered(ex.top_k, torch.full((1024,), 1 / 1024), 100)
    kept = got.nonzero().flatten().tolist()
    text = f"1024 个一样大、k = 100：应当留 0 到 99，留了 {len(kept)} 个，从 {kept[:3]} 开始"
    expect(len(kept) == 100, f"{text}：个数不对")
    expect(kept == list(range(100)), f"{text}。{last}")


def test_top_k_above_the_vocabulary_keeps_everything():
    for k in (4, 5, 1000):
        check(ex.top_k, ROW, k, ROW, {}, "k >= V 时一个都不丢")


def test_top_k_of_every_row():
    probs = random_rows()
    for k in (1, 5, 49):
        got, want = filtered(ex.top_k, probs, k), largest(probs, lambda kept, k=k: len(kept) >= k)
        counts = (got > 0).sum(-1).tolist()
        expect(counts == [k] * 20, f"(20, 50)、k = {k}：每行应当留 {k} 个，得到 {counts}：每行各算各的，都沿 dim=-1")
        expect(close(got, want), f"(20, 50)、k = {k}：留的个数对，与定义最多差 {(got - want).abs().max().item():.3g}")
        deep = filtered(ex.top_k, probs.view(4, 5, 50), k)
        expect(close(deep, want.view(4, 5, 50)), f"(4, 5, 50)、k = {k} 与逐行算的不同。{LAST}")


# ---------------------------------------------------------------- top-p


def test_top_p_by_hand():
    ideas = SAME | {
        (0.0, 1.0, 0.0, 0.0): "少留了一个：让合计越过 p 的那一个也要留",
        (0.0, 4 / 9, 2 / 9, 3 / 9): "多留了一个：前面的合计已经够 p，就不要了",
        (0.0, 0.4 / 0.65, 0.0, 0.3 / 0.65): "归一化除的是留下的合计，不是 p",
        tuple(ROW): "一个都没有丢：从大到小加，别从小到大",
        (1 / 6, 0.0, 2 / 6, 3 / 6): "从小到大加了：先从大到小排",
        (1 / 7, 4 / 7, 2 / 7, 0.0): "没有排序就累加了：先从大到小排",
    }
    check(ex.top_p, ROW, 0.65, [0.0, 4 / 7, 0.0, 3 / 7], ideas, "0.4 不够 0.65，0.4 + 0.3 够了，留这两个")
    ideas = {(0.0, 4 / 7, 0.0, 3 / 7): "少留了一个：让合计越过 p 的那一个也要留"}
    check(ex.top_p, ROW, 0.75, [0.0, 4 / 9, 2 / 9, 3 / 9], ideas, "0.4 + 0.3 不够 0.75，再留 0.2")


def test_top_p_stops_when_it_is_exactly_enough():
    more = "0.5 + 0.25 恰好够 0.75，就停：前面的合计 < p 才留，不是 <="
    ideas = {(1 / 7, 4 / 7, 0.0, 2 / 7): more, (0.0, 4 / 7, 1 / 7, 2 / 7): more}
    ideas |= {(0.0, 1.0, 0.0, 0.0): "恰好够的那一个也要留"}
    check(ex.top_p, [0.125, 0.5, 0.125, 0.25], 0.75, [0.0, 2 / 3, 0.0, 1 / 3], ideas, "留 0.5 与 0.25")


def test_a_small_p_keeps_the_likeliest_word():
    for p in (0.3, 0.05, 1e-6):
        check(ex.top_p, [0.1, 0.5, 0.4], p, [0.0, 1.0, 0.0], {}, f"最大的 0.5 自己就够 {p}，只留它")


def test_top_p_of_equal_words_keeps_the_smaller_numbers():
    every = "与最后一个一样大的全留下了：够了就停，一样大的先留编号小的"
    last = "一样大的留了编号大的：sort(descending=True, stable=True)，别升序排了再翻转"
    check(ex.top_p, [0.25] * 4, 0.5, [0.5, 0.5, 0.0, 0.0], {(0.25,) * 4: every, (0.0, 0.0, 0.5, 0.5): last}, last)
    ideas = {(0.0, 1 / 3, 1 / 3, 1 / 3): every, (0.0, 0.0, 0.5, 0.5): last}
    check(ex.top_p, [0.1, 0.3, 0.3, 0.3], 0.5, [0.0, 0.5, 0.5, 0.0], ideas, last)
    got = filtered(ex.top_p, torch.full((1024,), 1 / 1024), 0.25)
    kept = got.nonzero().flatten().tolist()
    text = f"1024 个一样大、p = 0.25：应当留 0 到 255，留了 {len(kept)} 个，从 {kept[:3]} 开始"
    expect(len(kept) == 256, f"{text}：个数不对")
    expect(kept == list(range(256)), f"{text}。{last}")


def test_top_p_one_loses_nothing():
    row = [0.5, 0.0, 0.25, 0.125, 0.125]
    check(ex.top_p, row, 1.0, row, {}, "p = 1 一个都不丢")


def test_top_p_of_every_row():
    probs = random_rows()
    for p in (0.2, 0.5, 0.9):
        got, want = filtered(ex.top_p, probs, p), largest(probs, lambda kept, p=p: sum(kept) >= p)
        counts, should = (got > 0).sum(-1).tolist(), (want > 0).sum(-1).tolist()
        text = f"(20, 50)、p = {p}：每行应当留 {should} 个，得到 {counts}"
        expect(counts == should, f"{text}：每行各算各的，都沿 dim=-1；越平的行留得越多")
        expect(close(got, want), f"(20, 50)、p = {p}：留的个数对，与定义最多差 {(got - want).abs().max().item():.3g}")
        deep = filtered(ex.top_p, probs.view(4, 5, 50), p)
        expect(close(deep, want.view(4, 5, 50)), f"(4, 5, 50)、p = {p} 与逐行算的不同。{LAST}")


# ---------------------------------------------------------------- min-p


def test_min_p_by_hand():
    ideas = SAME | {
        tuple(ROW): "一个都没有丢：界线是 0.6 · 0.4 = 0.24",
        (0.0, 1.0, 0.0, 0.0): "界线太高：是 ratio · 最大的概率 = 0.24",
        (0.0, 4 / 9, 2 / 9, 3 / 9): "界线太低：0.24 是 ratio · 最大的概率，不乘平均，也不是 (1 - ratio) · 最大",
    }
    check(ex.min_p, ROW, 0.6, [0.0, 4 / 7, 0.0, 3 / 7], ideas, "界线是 0.6 · 0.4 = 0.24")


def test_min_p_is_relative_to_the_largest():
    ideas = {
        (0.0, 0.5, 0.5, 0.0): "界线是 ratio · 最大的概率 0.04，不是 ratio 自己",
        (0.1, 0.4, 0.4, 0.1): "界线是 0.1 · 0.4 = 0.04：0.03 要丢，0.17 要留",
    }
    row = [0.17, 0.4, 0.4, 0.03]
    check(ex.min_p, row, 0.1, [0.17 / 0.97, 0.4 / 0.97, 0.4 / 0.97, 0.0], ideas, "界线是 0.1 · 0.4 = 0.04")
    row = [0.5, 0.25, 0.125, 0.125]
    ideas = {(1.0, 0.0, 0.0, 0.0): "恰好等于界线 0.25 的也要留：>=，不是 >"}
    check(ex.min_p, row, 0.5, [2 / 3, 1 / 3, 0.0, 0.0], ideas, "界线是 0.5 · 0.5 = 0.25")


def test_min_p_one_keeps_all_the_largest():
    first = "两个一样大，都不小于界线：min-p 看界线，不看名次"
    check(ex.min_p, [0.4, 0.2, 0.4], 1.0, [0.5, 0.0, 0.5], {(1.0, 0.0, 0.0): first}, first)


def test_min_p_of_every_row():
    probs = torch.tensor([[0.9, 0.06, 0.03, 0.01], [0.25, 0.25, 0.25, 0.25], [0.1, 0.2, 0.3, 0.4]])
    got = filtered(ex.min_p, probs, 0.5)
    counts = (got > 0).sum(-1).tolist()
    text = f"三行各应当留 1、4、3 个，得到 {counts}"
    expect(counts == [1, 4, 3], f"{text}：每行用自己的最大值，amax(-1, keepdim=True)；越平的行留得越多")
    sums = rounded(got.sum(-1))
    expect(sums == [1.0, 1.0, 1.0], f"三行的合计是 {sums}，都应当是 1：每行除以自己的合计")
    square = torch.cat([probs, probs[:1].flip(-1)])  # (4, 4)：少了 keepdim 也不报错
    want = square.masked_fill(square < 0.5 * square.amax(-1, keepdim=True), 0.0)
    want = want / want.sum(-1, keepdim=True)
    got = filtered(ex.min_p, square, 0.5)
    expect(close(got, want), f"(4, 4) 得到 {rounded(got)}，应当是 {rounded(want)}：amax、sum 要 keepdim=True")
    deep = filtered(ex.min_p, square.view(2, 2, 4), 0.5)
    expect(close(deep, want.view(2, 2, 4)), f"(2, 2, 4) 与逐行算的不同。{LAST}")


# ---------------------------------------------------------------- 采样

N = 20000  # 频率的标准差不到 0.0036，下面的容差 0.02 是它的 5 倍以上


def draw(logits, temperature, p=1.0, seed=0):
    """调用你的 sample，检查形状、类型、范围。"""
    generator, before = torch.Generator().manual_seed(seed), logits.clone()
    got = call(ex.sample, logits, temperature, p, generator)
    expect(torch.equal(logits, before), "sample 改动了传进来的 logits：写 logits = logits / …，不写 logits /= …")
    shape, want = tuple(got.shape), tuple(logits.shape[:1])
    advice = "multinomial 给 (N, 1)，取 [:, 0]" if shape[:1] == want else "每行一个编号，沿 dim=-1"
    expect(shape == want, f"logits {tuple(logits.shape)}：返回的形状应当是 {want}，得到 {shape}：{advice}")
    expect(got.dtype == torch.int64, f"sample 返回的是 {got.dtype}，应当是 torch.int64 的编号")
    inside = bool(((got >= 0) & (got < logits.shape[1])).all())
    text = f"编号应当在 0 到 {logits.shape[1] - 1}，得到 {got.unique().tolist()[:5]}"
    expect(inside, f"{text}：argmax 不写 dim，给的是摊平之后的下标")
    return got


def frequencies(probs, temperature, p=1.0):
    """同样的一行抽 N 次，各个词的频率。"""
    got = draw(torch.tensor(probs).log().expand(N, -1).contiguous(), temperature, p)
    return torch.bincount(got, minlength=len(probs)) / N


def compare(text, got, want, ideas, otherwise):
    """频率与概率相差不到 0.02；先看它像哪个错的分布。"""
    want = torch.tensor(want) / sum(want)
    text = f"{text}：{N} 次的频率是 {rounded(got)}，应当接近 {rounded(want)}"
    near = bool((got - want).abs().max() < 0.02)
    if not near:
        idea = "没有抽（argmax；只有温度 0 是贪心），或所有行用了同一个随机数"
        expect(len(got.nonzero()) > 1, f"{text}。每次都是同一个词：{idea}")
        for wrong, idea in ideas.items():
            expect(bool((got - torch.tensor(wrong) / sum(wrong)).abs().max() >= 0.02), f"{text}。{idea}")
    expect(near, f"{text}。{otherwise}")
    never = got[want == 0]
    expect(not bool(never.any()), f"{text}。概率是 0 的词也抽到了：过滤之后才抽")


def test_temperature_zero_is_greedy():
    logits = torch.tensor([[1.0, 3.0, 2.0], [0.5, 0.1, 0.2], [-3.0, -2.0, -1.0], [5.0, 5.0, 5.0]]).repeat(50, 1)
    got = draw(logits, 0.0)
    rows = got.view(50, 4)
    text = f"温度 0 的四行各抽 50 次，头两遍得到 {rows[:2].tolist()}，应当每遍都是 [1, 0, 2, 0]"
    expect(rows[0].tolist()[:3] != [0, 1, 0], f"{text}。取了最小的：argmax，不是 argmin")
    expect(bool((rows[:, :3] == torch.tensor([1, 0, 2])).all()), f"{text}。温度 0 就是每行取最大的：argmax(-1)")
    ties = rows[:, 3].unique().tolist()
    text = f"三个一样大，温度 0 取了 {ties}，应当总是 0"
    expect(ties == [0], f"{text}：一样大取编号小的；用很小的温度代替 0 会在它们之间乱抽")
    expect(draw(logits, 0.0, 0.3).tolist() == got.tolist(), "温度 0 的结果不该随 p 变")
    generator = torch.Generator().manual_seed(1)
    before = generator.get_state()
    call(ex.sample, logits, 0.0, 1.0, generator)
    expect(torch.equal(generator.get_state(), before), "温度 0 不抽，不该动 generator：先判断温度，再抽")


def test_words_come_as_often_as_their_probability():
    ideas = {
        (1, 1, 1, 1): "四个词一样多：没有用到 logits，或 softmax 沿了第 0 维",
        (2.302585, 0.916291, 1.609438, 1.203973): "没有 softmax：logits 不是概率",
        (0.4, 0.3, 0.2, 0.1): "返回的是排好序的名次：要换回词的编号",
        (0.3, 0.2, 0.4, 0.1): "概率大小反了",
        (1.10517, 1.49182, 1.2214, 1.34986): "softmax 了两次",
    }
    compare("概率 (0.1, 0.4, 0.2, 0.3)、温度 1", frequencies(ROW, 1.0), ROW, ideas, "照 softmax(logits) 抽")


def test_temperature_divides_the_logits():
    sharp, flat = [x * x for x in ROW], [x**0.5 for x in ROW]
    none = {tuple(ROW): "温度没有作用：它除的是 logits，概率除以温度再归一化等于没除"}
    ideas = none | {tuple(flat): "乘上温度了：低温更尖，logits 要除以它", (0, 1, 0, 0): "成了贪心"}
    compare("温度 0.5", frequencies(ROW, 0.5), sharp, ideas, "logits / 0.5：概率平方再归一化")
    ideas = none | {tuple(sharp): "乘上温度了：高温更平，logits 要除以它"}
    compare("温度 2", frequencies(ROW, 2.0), flat, ideas, "logits / 2：概率开方再归一化")


def test_the_filter_is_used():
    ideas = {tuple(ROW): "p 没有用到：抽之前先 top_p", (0.1, 0.4, 0.2, 0.0): "过滤的次序乱了：放回原来的位置"}
    compare("温度 1、p = 0.65", frequencies(ROW, 1.0, 0.65), [0, 0.4, 0, 0.3], ideas, "留 0.4 与 0.3，归一化再抽")
    compare("四个一样可能、p = 0.45", frequencies([0.25] * 4, 1.0, 0.45), [1, 1, 0, 0], {}, "留前两个，各一半")


def test_temperature_comes_before_the_filter():
    root = [x**0.5 for x in ROW]
    first = "先过滤、后用温度了：温度 2 之后是 (0.163, 0.325, 0.23, 0.282)，要留三个；先除以温度，再 top-p"
    ideas = {
        (0, root[1], 0, root[3]): first,
        (0, ROW[1], 0, ROW[3]): "温度没有作用",
        (0, ROW[1], ROW[2], ROW[3]): "过滤用了温度之后的概率，采样却用了原来的",
        tuple(root): "p 没有用到：抽之前先 top_p",
    }
    want = [0, root[1], root[2], root[3]]
    compare("温度 2、p = 0.65", frequencies(ROW, 2.0, 0.65), want, ideas, "先除以温度，再 top-p，再抽")


def test_only_logits_over_temperature_count():
    for temperature in (0.05, 20.0):  # logits 同样放大，分布就不变
        logits = (torch.tensor(ROW).log() * temperature).expand(N, -1).contiguous()
        got = torch.bincount(draw(logits, temperature), minlength=4) / N
        text = f"logits 是 {temperature:g} · ln (0.1, 0.4, 0.2, 0.3)、温度 {temperature:g}"
        compare(text, got, ROW, {}, "只有温度 0 是贪心；分布只由 logits / 温度决定")


def test_randomness_comes_from_the_generator():
    logits = torch.zeros(200, 50)
    torch.manual_seed(1)
    first = draw(logits, 1.0, seed=3)
    torch.manual_seed(2)
    again, other = draw(logits, 1.0, seed=3), draw(logits, 1.0, seed=4)
    idea = "随机数没有全部来自 generator，写 multinomial(…, generator=generator)"
    expect(torch.equal(first, again), f"同样的种子，两次抽的不同：{idea}")
    expect(not torch.equal(first, other), "不同的种子，抽的完全相同：generator 没有用到，或在里面又设了种子")
    generator = torch.Generator().manual_seed(3)
    two = [call(ex.sample, logits, 1.0, 1.0, generator) for _ in range(2)]
    expect(not torch.equal(*two), "同一个 generator 接着抽，两次完全相同：别复制它，也别在里面重设种子")
    torch.manual_seed(12345)
    state = torch.get_rng_state()
    draw(logits, 1.0)
    untouched = torch.equal(torch.get_rng_state(), state)
    expect(untouched, "动了全局的随机数：只用 generator，别用 torch.manual_seed、torch.rand 不带 generator")


def test_rows_are_drawn_separately():
    got = draw(torch.zeros(300, 50), 1.0)
    kinds = len(got.unique())
    expect(kinds > 20, f"300 行、50 个一样可能的词，只抽到 {kinds} 种：各行各抽各的，别只抽一次")
    logits = torch.full((60, 3), -50.0)
    want = torch.arange(60) % 3
    logits[torch.arange(60), want] = 50.0  # 每行几乎只有一个可能
    for p in (1.0, 0.5):
        got = draw(logits, 1.0, p)
        wrong = int((got != want).sum())
        expect(wrong == 0, f"60 行各有一个概率几乎是 1 的词，{wrong} 行抽成了别的：softmax 沿 dim=-1，各行用自己的概率")


def test_extreme_logits():
    rows = [[1000.0, 0.0, -1000.0], [-1000.0, -1000.0, -2000.0], [0.0, -math.inf, -math.inf]]
    logits = torch.tensor(rows).repeat(20, 1)
    for temperature in (1.0, 0.01, 0.0):
        got = draw(logits, temperature).view(20, 3)
        text = f"logits 是 ±1000 与 -inf、温度 {temperature}"
        expect(bool((got[:, [0, 2]] == 0).all()), f"{text}：第 0、2 行应当总抽到 0，别的概率是 0")
        expect(bool((got[:, 1] < 2).all()), f"{text}：第 1 行应当只抽到 0 或 1")
