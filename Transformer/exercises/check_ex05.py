"""检查 ex05：长度惩罚、top-p、束搜索的一步、缓存，逐项与定义比较。"""

import math
import traceback

import torch
from torch.nn import functional as F

from book import expect, load_exercise

ex = load_exercise(__file__)

OUTSIDE = "行号或词号超出范围：除以 V 得第几条，余数是词"
CAUSES = {  # 函数 -> 报错里的几个字 -> 多半是哪个想法错了
    "beam_step": {
        "must match": "两个形状广播不了：scores (B, K) 先变成 (B, K, 1) 再加 (B, K, V)",
        "out of bounds": OUTSIDE,
        "out of range": OUTSIDE,
    },
    "reorder": {
        "out of bounds": "行号超出范围：新的第 b·K + i 行取旧的第 b·K + parent[b, i] 行",
        "out of range": "行号超出范围：新的第 b·K + i 行取旧的第 b·K + parent[b, i] 行",
    },
    "cached_attention": {
        "Sizes of tensors": "接的那一维不对：缓存沿时间接，是第 2 维，(B, H, t, D) -> (B, H, t+1, D)",
        "must match": "键与 query 的句数对不上：torch.cat 不写 dim 就沿第 0 维（句子）接；缓存沿时间接，dim=2",
        "not subscriptable": "第一步的 cache 是 None：先判断 cache is None",
        "iterable NoneType": "第一步的 cache 是 None：先判断 cache is None",
    },
}


def randn(*shape, seed=5):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def close(got, want, atol=1e-5):
    return got.shape == want.shape and torch.allclose(got.double(), want.double(), rtol=1e-4, atol=atol)


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


def rounded(x):
    return [round(value, 3) for value in x.flatten().tolist()]


# ---------------------------------------------------------------- 长度惩罚


def test_length_penalty_by_hand():
    got = call(ex.length_penalty, -2.0, 7, 1.0)
    ideas = {
        -4.0: "乘上去了：log P 是负的，除以大于 1 的数，长句才不吃亏",
        -2 / 7: "那是直接除以长度；这里除的是 ((5 + n) / 6)^α",
        -2 / 12: "少除了 6：一个词（n = 1）时要恰好除以 1",
        -12 / 13: "n 已经含 EOS，别再加 1",
        -2 / 12 / 6: "少了括号：先算 (5 + n) / 6，再 ** α；** 比 / 先算，/ 从左到右",
    }
    for wrong, idea in ideas.items():
        expect(not math.isclose(got, wrong), f"length_penalty(-2, 7, 1) 得到 {got:.4g}，应当是 -1。{idea}")
    expect(math.isclose(got, -1.0), f"length_penalty(-2, 7, 1) 得到 {got:.4g}，应当是 -1：-2 / ((5 + 7) / 6)")


def test_alpha_is_an_exponent():
    got = call(ex.length_penalty, -6.0, 49, 0.5)
    expect(
        math.isclose(got, -2.0), f"length_penalty(-6, 49, 0.5) 得到 {got:.4g}，应当是 -6 / √9 = -2：α 是指数，不是系数"
    )


def test_alpha_zero_changes_nothing():
    got = call(ex.length_penalty, -3.0, 20, 0.0)
    defaults = [-3 / (25 / 6) ** alpha for alpha in (0.6, 1.0)]
    replaced = any(math.isclose(got, wrong) for wrong in defaults)
    expect(not replaced, f"α = 0 得到 {got:.4g}，应当是 -3：0 是有意义的值，别用 alpha or 默认值")
    expect(got == -3.0, f"α = 0 得到 {got:.4g}，应当是 -3：任何数的 0 次方是 1，什么都不变")


# ---------------------------------------------------------------- top-p


def check_filter(probabilities, p, want, ideas):
    """一行的过滤结果；ideas：错的结果 -> 多半是哪个想法错了。"""
    got = call(ex.top_p_filter, torch.tensor([probabilities]), p)
    text = f"top_p_filter({probabilities}, {p}) 得到 {rounded(got)}，应当是 {[round(w, 3) for w in want]}"
    expect(tuple(got.shape) == (1, len(want)), f"top_p_filter 的形状 {tuple(got.shape)} 应当与输入相同")
    for wrong, idea in ideas.items():
        expect(not close(got, torch.tensor([wrong])), f"{text}。{idea}")
    expect(close(got, torch.tensor([want])), f"{text}：留下合计到 p 的最少几个，再归一化")


def test_top_p_by_hand():
    ideas = {
        (1.0, 0.0, 0.0, 0.0): "少留了一个：让合计够到 p 的那个也要留",
        (4 / 9, 3 / 9, 2 / 9, 0.0): "多留了一个：前面的合计已经够 p，就不要了",
        (0.4, 0.3, 0.0, 0.0): "没有重新归一化：留下的加起来要是 1",
        (0.4 / 0.65, 0.3 / 0.65, 0.0, 0.0): "归一化除的是留下的合计，不是 p",
    }
    check_filter([0.4, 0.3, 0.2, 0.1], 0.65, [4 / 7, 3 / 7, 0.0, 0.0], ideas)


def test_top_p_stops_when_it_is_exactly_enough():
    ideas = {(4 / 7, 2 / 7, 1 / 7, 0.0): "0.5 + 0.25 恰好够 0.75，就停：前面的合计 < p 才留，不是 <="}
    check_filter([0.5, 0.25, 0.125, 0.125], 0.75, [2 / 3, 1 / 3, 0.0, 0.0], ideas)


def test_the_likeliest_word_always_stays():
    ideas = {(0.0, 0.0): "一个都没有留", (math.nan, math.nan): "一个都没有留"}
    check_filter([0.9, 0.1], 0.5, [1.0, 0.0], ideas)


def test_words_keep_their_places():
    ideas = {
        (4 / 7, 3 / 7, 0.0, 0.0): "返回的是排好序的：要放回每个词原来的位置（scatter）",
        (0.2, 0.8, 0.0, 0.0): "要不要留是按排好的次序算的，却直接用在没排的上面：用 scatter 放回去",
        (0.25, 0.0, 0.0, 0.75): "放回原位用 scatter(-1, index, keep)，gather 是反方向",
    }
    check_filter([0.1, 0.4, 0.2, 0.3], 0.65, [0.0, 4 / 7, 0.0, 3 / 7], ideas)


def test_each_row_keeps_its_own_number():
    probabilities = torch.tensor([[0.7, 0.1, 0.1, 0.1], [0.25, 0.25, 0.25, 0.25], [0.1, 0.2, 0.3, 0.4]])
    before = probabilities.clone()
    got = call(ex.top_p_filter, probabilities, 0.65)
    counts = (got > 0).sum(-1).tolist()
    expect(counts == [1, 3, 2], f"三行各应当留 1、3、2 个，得到 {counts}：每行自己数，分布越平留得越多；沿 dim=-1 累加")
    expect(torch.equal(probabilities, before), "改动了传进来的 probabilities：用 masked_fill，不用 masked_fill_")
    everything = call(ex.top_p_filter, probabilities, 1.0)
    expect(close(everything, before), f"p = 1 应当一个都不丢，得到 {rounded(everything)}")


# ---------------------------------------------------------------- 束搜索的一步


def test_only_one_beam_is_alive_at_the_start():
    got = call(ex.first_scores, 2, 3)
    want = torch.tensor([[0.0, -math.inf, -math.inf]] * 2)
    expect(tuple(got.shape) == (2, 3), f"first_scores(2, 3) 应当是 (2, 3)，得到 {tuple(got.shape)}")
    expect(not bool((got == 0).all()), "都是 0 分：K 条一模一样，第一步的前 K 名会是 K 份同一个词")
    expect(not bool(got.isinf().all()), "一条活的都没有：第 0 条应当是 0")
    expect(
        bool((got[:, 0] == 0).all()), f"每句的第 0 条应当是 0 分，得到 {got[:, 0].tolist()}：log 1 = 0，每句各有一条"
    )
    finite = "不活的要用 -inf：有限的负数只是差一点，模型的分数够低时它会赢"
    expect(torch.equal(got.float(), want), f"first_scores(2, 3) 得到 {got.tolist()}。{finite}")


def run_step(scores, log_probs):
    """调用 beam_step，检查三个返回值的形状与类型。"""
    got = call(ex.beam_step, scores.clone(), log_probs.clone())
    expect(isinstance(got, (tuple, list)) and len(got) == 3, "beam_step 要返回三样：(scores, parent, word)")
    for name, value in zip(("scores", "parent", "word"), got):
        shape = tuple(value.shape)
        expect(shape == tuple(scores.shape), f"{name} 应当是 (B, K) = {tuple(scores.shape)}，得到 {shape}")
    for name, value in zip(("parent", "word"), got[1:]):
        expect(not value.is_floating_point(), f"{name} 是 {value.dtype}：编号是整数，相除用 //，不用 /")
    return got[0], got[1].long(), got[2].long()


def step_by_hand(scores, log_probs):
    """照定义：列出每句的 K·V 个接法，排序取前 K 个。"""
    B, K, V = log_probs.shape
    rows = []
    for b in range(B):
        items = [(scores[b, i].item() + log_probs[b, i, w].item(), i, w) for i in range(K) for w in range(V)]
        rows.append(sorted(items, key=lambda item: -item[0])[:K])
    return [torch.tensor([[item[j] for item in row] for row in rows]) for j in range(3)]


def test_beam_step_by_hand():
    scores = torch.tensor([[0.6, 0.4]]).log()
    after = torch.tensor([[[0.4, 0.3, 0.2, 0.1], [0.05, 0.03, 0.9, 0.02]]]).log()
    best, parent, word = run_step(scores, after)
    text = f"两条 0.6、0.4 的例子：总分取指数得到 {rounded(best.exp())}，parent {parent.tolist()}，word {word.tolist()}"
    ideas = {
        (0.9, 0.4): "没有加上各条自己的总分 scores",
        (0.24, 0.36): "要从好到差排，最好的在最前",
        (0.008, 0.012): "取了最小的：topk 默认取最大，别用 largest=False",
        (0.4, 0.6): "返回的是旧的总分：要加上这一步的对数概率",
    }
    for wrong, idea in ideas.items():
        expect(not close(best.exp(), torch.tensor([wrong]), atol=1e-4), f"{text}。{idea}")
    expect(
        close(best.exp(), torch.tensor([[0.36, 0.24]])), f"{text}。总分应当是 0.36、0.24：对数概率相加，K·V 个里取 K 个"
    )
    swapped = parent.tolist() == [[2, 0]] and word.tolist() == [[1, 0]]
    expect(not swapped, f"{text}。parent 与 word 反了：除以 V 得第几条，余数是词（或返回的次序反了）")
    expect(word.tolist() != [[6, 0]], f"{text}。word 是排成一列之后的下标；对 V 取余数才是词")
    expect(parent.tolist() == [[1, 0]], f"{text}。parent 应当是 [[1, 0]]：下标除以 V，不是除以 K")
    expect(word.tolist() == [[2, 0]], f"{text}。word 应当是 [[2, 0]]：摊平时 K 在外、V 在里，下标对 V 取余数")


def test_one_parent_may_take_all_the_places():
    scores, after = torch.tensor([[0.9, 0.1]]).log(), torch.tensor([[[0.5, 0.4, 0.1], [0.3, 0.3, 0.4]]]).log()
    best, parent, word = run_step(scores, after)
    idea = "两条可以来自同一条：K·V 个接法放在一起排，不是每条各取最好的"
    expect(parent.tolist() == [[0, 0]], f"0.45 与 0.36 都接在第 0 条后面，parent 却是 {parent.tolist()}。{idea}")
    expect(word.tolist() == [[0, 1]], f"word 应当是 [[0, 1]]，得到 {word.tolist()}")


def test_the_dead_beams_stay_dead_at_the_first_step():
    after = torch.tensor([0.2, 0.5, 0.3]).log().expand(1, 3, 3)
    best, parent, word = run_step(torch.tensor([[0.0, -math.inf, -math.inf]]), after)
    expect(word.tolist() != [[1, 1, 1]], "第一步选出了 3 份同一个词：-inf 的那几条不许参加，别把 -inf 换掉")
    text = f"第一步应当是第 0 条接三个不同的词 [1, 2, 0]，得到 parent {parent.tolist()}、word {word.tolist()}"
    expect(parent.tolist() == [[0, 0, 0]] and word.tolist() == [[1, 2, 0]], text)


def test_sentences_do_not_compete():
    scores = torch.tensor([[-0.1, -0.2], [-50.0, -51.0]])
    log_probs = randn(2, 2, 5).log_softmax(-1)
    best, parent, word = run_step(scores, log_probs)
    want = step_by_hand(scores, log_probs)
    expect(bool((best[1] < -40).all()), f"第二句的总分得到 {rounded(best[1])}：每句在自己的 K·V 个里选，别跨句")
    expect(int(parent.max()) < 2, f"parent 得到 {parent.tolist()}：它是本句的第几条，0 到 K-1，不是批里的第几行")
    expect(
        torch.equal(parent, want[1]) and torch.equal(word, want[2]),
        f"parent、word 应当是 {want[1:]}，得到 {parent, word}",
    )


def test_beam_step_equals_sorting_everything():
    for B, K, V in ((1, 1, 4), (3, 4, 7), (2, 5, 3)):
        scores, log_probs = randn(B, K).sort(descending=True).values, randn(B, K, V, seed=6).log_softmax(-1)
        got, want = run_step(scores, log_probs), step_by_hand(scores, log_probs)
        names = zip(("scores", "parent", "word"), got, want)
        wrong = [name for name, a, b in names if not close(a.float(), b.float())]
        expect(
            not wrong, f"B={B}、K={K}、V={V}：{'、'.join(wrong)} 与列出全部再排序的不同。K 与 V 哪里写死了、写反了？"
        )


# ---------------------------------------------------------------- 缓存


def test_reordering_makes_a_new_cache():
    cache = randn(4, 1, 2, 3)
    before = cache.clone()
    call(ex.reorder, cache, torch.tensor([[1, 0], [1, 1]]))
    expect(torch.equal(cache, before), "改动了传进来的缓存：一边读一边写，后面的行读到的是改过的；新建一个")


def test_the_cache_follows_its_parent():
    cache = randn(3, 2, 4, 5)
    got = call(ex.reorder, cache.clone(), torch.tensor([[2, 0, 0]]))
    expect(got.shape == cache.shape, f"形状应当不变 {tuple(cache.shape)}，得到 {tuple(got.shape)}")
    expect(not torch.equal(got, cache), "缓存没有换行：新的第 i 条接在 parent[i] 后面，历史也要换成它的")
    expect(
        torch.equal(got, cache[[2, 0, 0]]),
        "新的第 i 行是旧的第 parent[i] 行，写成取 cache[rows]；别反过来往 parent[i] 里写",
    )


def test_the_cache_of_every_sentence_has_its_own_rows():
    cache, parent = randn(6, 2, 4, 5), torch.tensor([[2, 0, 0], [1, 1, 2]])
    got = call(ex.reorder, cache.clone(), parent)
    expect(got.shape == cache.shape, f"形状应当不变 {tuple(cache.shape)}，得到 {tuple(got.shape)}")
    text = "第二句拿了第一句的历史：parent 是句内的第几条，行号要加 b·K"
    expect(not torch.equal(got, cache[[2, 0, 0, 1, 1, 2]]), text)
    expect(
        torch.equal(got, cache[[2, 0, 0, 4, 4, 5]]),
        "B=2、K=3：应当取第 2、0、0、4、4、5 行；第 b 句从第 b·K 行开始，乘的是 K",
    )


def decode(q, k, v):
    """逐词喂进 cached_attention，返回每一步的 (输出, 缓存)。"""
    steps, cache = [], None
    for t in range(q.shape[2]):
        got = call(ex.cached_attention, *(x[:, :, t : t + 1] for x in (q, k, v)), cache)
        expect(isinstance(got, (tuple, list)) and len(got) == 2, "cached_attention 要返回一对：(输出, (键, 值))")
        out, cache = got
        expect(isinstance(cache, (tuple, list)) and len(cache) == 2, "新的缓存是一对 (键, 值)")
        steps.append((out, cache))
    return steps


def parts(T=5):
    return randn(2, 3, T, 4), randn(2, 3, T, 4, seed=6), randn(2, 3, T, 4, seed=7)


def test_the_first_word_sees_itself():
    q, k, v = parts(1)
    out, cache = decode(q, k, v)[0]
    expect(close(cache[0], k) and close(cache[1], v), "第一步之后，缓存应当就是这一个词的 (键, 值)，先键后值")
    expect(close(out, v), "只有一个词时，权重是 1，输出就是它的值：新词看得见自己")


def test_the_cache_grows_along_time():
    q, k, v = parts()
    keys, values = decode(q, k, v)[-1][1]
    text = f"5 步之后键应当是 {tuple(k.shape)}，得到 {tuple(keys.shape)}"
    expect(keys.shape != k[:, :, :1].shape, f"{text}：只剩新词了；要把新词接在旧的后面")
    expect(keys.shape == k.shape and values.shape == v.shape, f"{text}：沿时间接，第 2 维")
    expect(not close(keys, k.flip(2)), "次序反了：新词接在后面，torch.cat([旧, 新])")
    expect(close(keys, k), "缓存里的键与逐步喂进去的不同：存的是键本身，不是 query、不是输出")
    expect(close(values, v), "缓存里的值与逐步喂进去的不同")


def test_cached_steps_equal_one_causal_pass():
    q, k, v = parts()
    got = torch.cat([out for out, _ in decode(q, k, v)], dim=2)
    want = F.scaled_dot_product_attention(q, k, v, is_causal=True)
    first_only = v[:, :, :1].expand_as(v)
    idea = "每步都只看见第 0 个词：T = 1 时 is_causal=True 的三角形对齐左上角，这里不用掩码"
    expect(not close(got, first_only), idea)
    without_itself = F.scaled_dot_product_attention(q, k, v, torch.ones(5, 5).tril(-1).bool())
    expect(not close(got[:, :, 1:], without_itself[:, :, 1:]), "新词没有看见自己：先接进缓存，再算注意力")
    scaled = F.scaled_dot_product_attention(q, k, v, is_causal=True, scale=1.0)
    expect(not close(got, scaled), "没有除以 √D")
    gap = (got - want).abs().max().item()
    expect(
        close(got, want), f"逐词算与一次算完（因果）最多差 {gap:.3g}，应当相同：softmax 沿 key 那一维，加权的是全部的值"
    )
