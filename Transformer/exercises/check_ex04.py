"""检查 ex04：错开一位、标签平滑、Noam、分批，逐项与 torch 或定义比较。"""

import math
import traceback

import torch
from torch.nn import functional as F

from book import expect, load_exercise

ex = load_exercise(__file__)

CAUSES = {  # 函数 -> 报错里的几个字 -> 多半是哪个想法错了
    "smoothed_loss": {
        "Expected target size": "F.cross_entropy 要 (N, V) 与 (N,)：先用 answer != 0 选出真词，(B, T, V) -> (N, V)",
        "out of bounds": "q[answer] 取的是第 0 维的行，不是每个位置的那个词：用 gather、scatter 或 F.one_hot",
        "must match": "两个形状广播不了：先用 answer != 0 选出真词，(B, T, V) -> (N, V)",
        "numpy()": "计算图断了：全程用 torch 的运算，不转成 numpy",
    },
    "noam": {"division by zero": "step 从 1 数，warmup 至少是 1；别的除法要先看是不是 0"},
    "batches_by_tokens": {
        "list index out of range": "没有批的时候不能看最后一批：先判断列表是不是空的",
        "empty": "没有句子就没有批：空的列表没有最大值",
    },
}


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
    expect(got is not None, f"{name} 返回的是 None：忘了 return？")
    return got


def randn(*shape, seed=3):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def near(got, want):
    return math.isclose(float(got), float(want), rel_tol=1e-4, abs_tol=1e-6)


def loss(logits, answer, smoothing):
    """调用你的 smoothed_loss，返回的应当是一个数。"""
    got = call(ex.smoothed_loss, logits, answer, smoothing)
    expect(isinstance(got, torch.Tensor), f"smoothed_loss 返回的是 {type(got).__name__}，应当是 Tensor")
    expect(got.dim() == 0, f"smoothed_loss 返回的形状是 {tuple(got.shape)}，应当是一个标量：忘了在词上平均？")
    return got


def test_shift_by_hand():
    got = call(ex.shift, torch.tensor([[1, 7, 8, 2]]))
    expect(isinstance(got, tuple) and len(got) == 2, "shift 应当返回两个张量：(喂进去的, 要它答的)")
    whole = all(x.shape[:1] == (1,) for x in got)
    expect(whole, f"一句进、一句出，得到 {[tuple(x.shape) for x in got]}：第 0 维是句子，只在词的那一维切")
    given, answer = (x.tolist() for x in got)
    expect(given != answer, f"喂进去的与要它答的都是 {given}：没有错开，答案就在输入里")
    expect((given, answer) != ([[7, 8, 2]], [[1, 7, 8]]), "两个放反了：先喂进去的（有 BOS），后要它答的（有 EOS）")
    expect(answer != [[7, 8, 1]], "要它答的末尾是 BOS：roll 会把开头的词转到末尾，用切片 target[:, 1:] 才有 EOS")
    expect(given == [[1, 7, 8]], f"喂进去的应当是 [[1, 7, 8]]，得到 {given}：从 BOS 开始，不要最后一个")
    expect(answer == [[7, 8, 2]], f"要它答的应当是 [[7, 8, 2]]，得到 {answer}：不要 BOS，到 EOS 为止")


def test_shift_keeps_the_padding():
    target = torch.tensor([[1, 7, 8, 9, 2], [1, 7, 2, 0, 0]])
    given, answer = call(ex.shift, target)
    expect(
        tuple(given.shape) == (2, 4) == tuple(answer.shape),
        f"两边都应当是 (2, 4)，得到 {tuple(given.shape)}、{tuple(answer.shape)}：只在词的那一维切",
    )
    expect(
        torch.equal(answer, target[:, 1:]),
        f"要它答的第 2 句应当是 [7, 2, 0, 0]，得到 {answer[1].tolist()}：只去掉第一列，别的不动",
    )
    expect(
        torch.equal(given, target[:, :-1]),
        f"喂进去的第 2 句应当是 [1, 7, 2, 0]，得到 {given[1].tolist()}：只去掉最后一列，别的不动",
    )


def test_loss_without_smoothing():
    logits, answer = randn(2, 3, 5), torch.tensor([[1, 4, 2], [3, 2, 1]])
    want = F.cross_entropy(logits.flatten(0, 1), answer.flatten())
    got = loss(logits, answer, 0.0)
    expect(not near(got, -want), f"得到 {got:.4f}，应当是 {want:.4f}：少一个负号")
    expect(not near(got, 6 * want), f"得到 {got:.4f}，应当是 {want:.4f}：这是和，要除以真词的个数")
    over_words = F.nll_loss(logits.log_softmax(1).flatten(0, 1), answer.flatten())
    expect(
        not near(got, over_words),
        f"得到 {got:.4f}，应当是 {want:.4f}：softmax 在最后一维（词表）上做，不是在词的那一维",
    )
    raw = -logits.flatten(0, 1).gather(1, answer.flatten()[:, None]).mean()
    expect(not near(got, raw), f"得到 {got:.4f}，应当是 {want:.4f}：先 log_softmax，logits 不是对数概率")
    expect(near(got, want), f"不平滑就是普通的交叉熵：应当是 {want:.4f}，得到 {got:.4f}")


def test_loss_with_smoothing():
    logits, answer, eps, V = randn(2, 3, 5), torch.tensor([[1, 4, 2], [3, 2, 1]]), 0.2, 5
    log_probs, hot = logits.log_softmax(-1), F.one_hot(answer, V)
    want = F.cross_entropy(logits.flatten(0, 1), answer.flatten(), label_smoothing=eps)
    got = loss(logits, answer, eps)
    wrong = {
        "没有平滑：smoothing 没有用到": hot,
        "ε 分给了另外 V-1 个词：题目里答案自己也分到 ε/V": (1 - eps) * hot + eps / (V - 1) * (1 - hot),
        "分出去的每个词应当得 ε/V，你给了每个词 ε": (1 - eps) * hot + eps,
        "1 - ε 与 ε 放反了": eps * hot + (1 - eps) / V,
        "答案没有减去 ε：目标的总和超过 1": hot + eps / V,
        "剩下的 ε 没有分给别的词：目标的总和不到 1": (1 - eps) * hot,
    }
    for idea, target in wrong.items():
        expect(not near(got, -(target * log_probs).sum(-1).mean()), f"得到 {got:.4f}，应当是 {want:.4f}：{idea}")
    expect(near(got, want), f"平滑 0.2：应当是 {want:.4f}，得到 {got:.4f}")


def test_padding_is_not_counted():
    logits, answer = randn(2, 4, 5), torch.tensor([[1, 4, 2, 3], [3, 0, 0, 0]])
    want = F.cross_entropy(logits.flatten(0, 1), answer.flatten(), ignore_index=0, label_smoothing=0.1)
    got = loss(logits, answer, 0.1)
    everything = F.cross_entropy(logits.flatten(0, 1), answer.flatten(), label_smoothing=0.1)
    expect(not near(got, everything), f"得到 {got:.4f}，应当是 {want:.4f}：填充（编号 0）也算进去了")
    expect(not near(got, want * 5 / 8), f"得到 {got:.4f}，应当是 {want:.4f}：除以了全部位置，应当只除以真词的个数")
    each = [F.cross_entropy(logits[b], answer[b], ignore_index=0, label_smoothing=0.1) for b in (0, 1)]
    expect(
        not near(got, sum(each) / 2),
        f"得到 {got:.4f}，应当是 {want:.4f}：先每句平均再平均，短句的词就占便宜；全部真词一起平均",
    )
    expect(near(got, want), f"只在 5 个真词上平均：应当是 {want:.4f}，得到 {got:.4f}")


def test_the_loss_can_be_trained():
    logits, answer = randn(1, 3, 5).requires_grad_(), torch.tensor([[1, 4, 0]])
    got = loss(logits, answer, 0.1)
    expect(got.requires_grad, "损失没有梯度：计算图断了，不要 detach、item，也不要新建张量来装结果")
    got.backward()
    expect(logits.grad[0, 2].abs().max() == 0, "填充处的 logits 不该有梯度")
    want = (logits[0, :2].softmax(-1) - (0.9 * F.one_hot(answer[0, :2], 5) + 0.02)) / 2
    expect(torch.allclose(logits.grad[0, :2], want, atol=1e-5), "梯度应当是（预测的分布 - 目标分布）/ 真词数")


def test_noam_by_hand():
    got = [float(call(ex.noam, step, 4, 4)) for step in (1, 4, 16)]
    wrong = {
        "min 写成了 max": [0.5, 0.25, 1.0],
        "少了 C^(-1/2)": [0.125, 0.5, 0.25],
        "w 的指数是 -3/2，不是 -1/2：第 w 步两项要相等": [0.25, 0.25, 0.125],
        "没有预热：头几步应当从小升上来": [0.5, 0.25, 0.125],
        "预热之后应当下降：少了 s^(-1/2) 那一项": [0.0625, 0.25, 1.0],
        "C 的指数是 -1/2：你乘了 C^(1/2)": [0.25, 1.0, 0.5],
    }
    for idea, values in wrong.items():
        expect(not all(map(near, got, values)), f"第 1、4、16 步得到 {got}：{idea}")
    expect(
        all(map(near, got, [0.0625, 0.25, 0.125])),
        f"第 1、4、16 步应当是 [0.0625, 0.25, 0.125]，得到 {got}：step 从 1 数",
    )


def test_noam_peaks_after_the_warmup():
    for C, w in ((512, 4000), (128, 10)):
        early, peak = float(call(ex.noam, w - 1, C, w)), (C * w) ** -0.5
        shifted = math.isclose(early, peak, rel_tol=1e-6)
        expect(not shifted, f"C={C}、w={w}：第 {w - 1} 步就到了峰值：step 从 1 数，别再加 1")
        rates = {step: float(call(ex.noam, step, C, w)) for step in (1, w // 2, w, w + 1, 4 * w)}
        expect(
            near(rates[w], peak),
            f"C={C}、w={w}：峰值应当是 (C·w)^(-1/2) = {peak:.3g}，得到 {rates[w]:.3g}：公式里写死了哪个数？",
        )
        expect(max(rates.values()) == rates[w], f"C={C}、w={w}：最大的应当在第 w 步，不在别处：公式里写死了哪个数？")
        expect(near(rates[4 * w], rates[w] / 2), f"C={C}、w={w}：第 4w 步应当是峰值的一半，得到 {rates[4 * w]:.3g}")


def test_batches_by_hand():
    got = call(ex.batches_by_tokens, [3, 1, 5, 3], 7)
    expect(isinstance(got, list), f"batches_by_tokens 应当返回列表，得到 {type(got).__name__}")
    flat = [i for batch in got for i in batch]
    idea = "每个下标应当恰好出现一次（装的是下标，不是长度；最后一批别丢了）"
    expect(sorted(flat) == [0, 1, 2, 3], f"得到 {got}：{idea}")
    wrong = {
        "没有先按长度排": [[0, 1], [2], [3]],
        "从短到长排，你是从长到短": [[2], [0, 3], [1]],
        "第一批补齐后是 9 个词元：上限是句数 x 最长，不是各句长度之和；要先看装不装得下，再装": [[1, 0, 3], [2]],
        "一样长的按下标从小到大：用稳定排序": [[1, 3], [0], [2]],
    }
    for idea, batches in wrong.items():
        expect(got != batches, f"长度 [3, 1, 5, 3]、上限 7，得到 {got}：{idea}")
    expect(got == [[1, 0], [3], [2]], f"长度 [3, 1, 5, 3]、上限 7，应当是 [[1, 0], [3], [2]]，得到 {got}")


def test_batches_keep_the_promise():
    for seed, top in ((1, 30), (2, 7), (3, 64)):
        lengths = torch.randint(1, 20, (50,), generator=torch.Generator().manual_seed(seed)).tolist()
        got = call(ex.batches_by_tokens, lengths, top)
        expect(
            sorted(i for batch in got for i in batch) == list(range(50)),
            "50 句，每句应当恰好出现一次：比上限还长的也要，单独成一批",
        )
        for batch in got:
            size = len(batch) * max(lengths[i] for i in batch)
            expect(size <= top or len(batch) == 1, f"上限 {top}，这一批补齐后有 {size} 个词元：先看装不装得下，再装")
        order = [i for batch in got for i in batch]
        expect(order == sorted(range(50), key=lambda i: lengths[i]), "从短到长，一样长的按下标：用稳定排序")
        for a, b in zip(got, got[1:]):
            expect(
                (len(a) + 1) * lengths[b[0]] > top,
                f"上限 {top}：这一批还装得下第 {b[0]} 句，却开了新的一批（恰好等于上限也算装得下）",
            )


def test_edges_of_batches():
    expect(call(ex.batches_by_tokens, [], 8) == [], "没有句子就没有批：应当是 []，不是 [[]]")
    got = call(ex.batches_by_tokens, [20, 2, 20], 8)
    expect(got == [[1], [0], [2]], f"一句自己就超过上限时单独成一批：应当是 [[1], [0], [2]]，得到 {got}")
