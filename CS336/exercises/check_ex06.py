"""检查 ex06：交叉熵、困惑度、每字节比特数、AdamW 的一步，逐项与手算、与 torch 比较。"""

import math
import traceback

import torch
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

from book import expect, load_exercise

ex = load_exercise(__file__)

READY_MADE = ("cross_entropy", "log_softmax", "logsumexp", "nll_loss", "cross_entropy_loss", "logaddexp")
CHOOSE = "取答案那一格：logits.gather(-1, targets[..., None])，(..., V) -> (..., 1)"
NUMBER = "loss 是 Python 的数：用 math.exp、math.log"
CAUSES = {  # 函数 -> 报错里的几个字 -> 多半是哪个想法错了
    "cross_entropy": {
        "return_types": "x.max(dim) 返回一对 (值, 编号)：用 x.amax(-1, keepdim=True)",
        "must match": "形状对不上：amax 要 keepdim=True，(..., V) 减 (..., 1)；求和、取答案都沿最后一维 dim=-1；"
        "最大值要加回 (...)，先 squeeze(-1)",
        "same number of dimensions": CHOOSE,
        "out of bounds": f"logits[targets] 取的是第 0 维的行。{CHOOSE}",
        "out of range": f"前面的维可以没有，也可以有好几个：只用 dim=-1。{CHOOSE}",
        "shape mismatch": CHOOSE,
        "indexing tensors could not be broadcast": CHOOSE,
        "Index tensor": CHOOSE,
        "Index put": CHOOSE,
        "numpy()": "计算图断了：全程用 torch 的运算，不转成 numpy",
        "a Tensor with": "max(logits) 是 Python 的 max：用 logits.amax(-1, keepdim=True)",
        "Boolean value": "max(logits) 是 Python 的 max：用 logits.amax(-1, keepdim=True)",
        "in-place operation": "别就地改传进来的 logits：写 logits = logits - …，不写 logits -= …",
    },
    "perplexity": {
        "must be Tensor": NUMBER,
        "no attribute": NUMBER,
    },
    "bits_per_byte": {
        "must be Tensor": NUMBER,
        "no attribute": NUMBER,
    },
    "adamw_step": {
        "bitwise_xor": "平方写 g**2，^ 是按位异或",
        "division by zero": "1 - βᵗ 成了 0：t 从 1 数，指数是 t，不是 t - 1",
        "must match": "逐元素地算：p、g、m、v 形状相同",
        "math": "p、g、m、v 是张量：开方用 v.sqrt()，不用 math.sqrt",
        "a Tensor with": "p、g、m、v 是张量：开方用 v.sqrt()，不用 math.sqrt",
        "only one element": "p、g、m、v 是张量：开方用 v.sqrt()，不用 math.sqrt",
    },
}


class NothingReadyMade(TorchFunctionMode):
    """在它里面调用 torch 现成的交叉熵，就说这道题要自己写。"""

    def __torch_function__(self, function, types, args=(), kwargs=None):
        name = getattr(function, "__name__", "")
        expect(name not in READY_MADE, f"用了 torch 现成的 {name}：这道题要用 exp、log、max、sum 自己写")
        return function(*args, **(kwargs or {}))


def randn(*shape, seed=6):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def near(got, want, tolerance=1e-4):
    return math.isclose(float(got), float(want), rel_tol=tolerance, abs_tol=1e-6)


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


def loss(logits, targets):
    """调用你的 cross_entropy：返回标量，没有用现成的，没有改 logits。"""
    before = logits.detach().clone()
    with NothingReadyMade():
        got = call(ex.cross_entropy, logits, targets)
    expect(isinstance(got, torch.Tensor), f"cross_entropy 返回的是 {type(got).__name__}，应当是 Tensor")
    same = torch.equal(logits.detach(), before)
    expect(same, "cross_entropy 改动了传进来的 logits：写 logits = logits - …，不写 logits -= …")
    text = f"logits {tuple(logits.shape)}：返回的形状是 {tuple(got.shape)}"
    expect(got.dim() == 0, f"{text}，应当是标量 ()：忘了对所有位置求平均？")
    return got


def reference(logits, targets):
    return F.cross_entropy(logits.reshape(-1, logits.shape[-1]), targets.reshape(-1))


# ---------------------------------------------------------------- 交叉熵


def test_loss_by_hand():
    logits, targets = torch.tensor([[0.0, math.log(3)]]), torch.tensor([1])
    got, want = loss(logits, targets), math.log(4 / 3)
    text = f"logits (0, ln 3)、答案 1：概率是 1/4、3/4，得到 {got:.4f}，应当是 -ln(3/4) = {want:.4f}"
    ideas = {
        "少了负号": -want,
        "用了以 2 为底的对数：损失的单位是 nat": math.log2(4 / 3),
        "用了以 10 为底的对数": math.log10(4 / 3),
        "取的是另一个词的概率：答案是编号，从 0 数": math.log(4),
        "没有取对数：这是概率": 0.75,
        "没有取对数：这是 -概率": -0.75,
        "没有取对数：这是 1 - 概率": 0.25,
        "没有归一化：这是 -logit，少了 ln Σ exp": -math.log(3),
        "少减了答案的 logit：ln Σ exp(oⱼ) 再减去 oₜ": math.log(4),
        "减了最大值，后来没有加回去：答案的 logit 也要减": math.log(4 / 3) - math.log(3),
        "减了最大值，加了两次": want + math.log(3),
        "在词表上也求了平均：每个位置只有答案那一格": (math.log(4) + want) / 2,
        "在词表上求了平均：除以了 V": want / 2,
        "少了 log：Σ exp 要取对数": 4 - math.log(3),
    }
    for idea, wrong in ideas.items():
        expect(not near(got, wrong), f"{text}。{idea}")
    expect(near(got, want), f"{text}。ln Σ exp(oⱼ) - oₜ")


def test_loss_is_the_mean_over_all_places():
    for shape in ((5, 7), (2, 3, 7), (2, 2, 3, 5), (7,)):
        logits = randn(*shape) * 2
        targets = torch.randint(0, shape[-1], shape[:-1], generator=torch.Generator().manual_seed(1))
        got, want, places = loss(logits, targets), reference(logits, targets), targets.numel()
        text = f"logits {shape}：得到 {got:.4f}，应当是 {want:.4f}"
        ideas = {"这是和，要除以全部位置": want * places, "在词表上也求了平均：多除了 V": want / shape[-1]}
        if len(shape) > 2:
            ideas["只除以了句数：除以全部位置 B·T"] = want * places / shape[0]
            ideas["只除以了每句的长度：除以全部位置 B·T"] = want * places / shape[-2]
        if len(shape) > 1:
            for shift in (1, -1):
                ideas[f"答案又错开了一位（{shift:+d}）：targets 已经是要它答的，别再移"] = reference(
                    logits, targets.roll(shift, -1)
                )
            ideas["去掉了第 0 个答案：targets 已经是要它答的，别再移"] = reference(
                logits[..., :-1, :], targets[..., 1:]
            )
            for axis in range(len(shape) - 1):
                across = logits.log_softmax(axis).gather(-1, targets[..., None])
                ideas[f"softmax 沿了第 {axis} 维：沿词表，dim=-1"] = -across.mean()
            if len(shape) == 2:
                every = logits.logsumexp(-1) - logits[..., targets]
                ideas["logits[..., targets] 给每一行都取了全部的答案：用 gather"] = every.mean()
            ideas["只算了最后一个位置"] = reference(logits[..., -1:, :], targets[..., -1:])
            ideas["只算了第 0 维的第一个"] = reference(logits[:1], targets[:1])
            ideas["预测的编号与答案比了：这里要的是概率"] = (logits.argmax(-1) != targets).float().mean()
        for idea, wrong in ideas.items():
            expect(near(wrong, want) or not near(got, wrong), f"{text}。{idea}")
        expect(near(got, want), f"{text}。每个位置 ln Σ exp(oⱼ) - oₜ，再平均")


def test_large_logits_do_not_overflow():
    for row, target, want in (([1000.0, 0.0], 0, 0.0), ([1000.0, 0.0], 1, 1000.0), ([-1000.0, -1001.0], 0, 0.313262)):
        got = loss(torch.tensor([row]), torch.tensor([target])).item()
        text = f"logits {row}、答案 {target}：得到 {got:.4g}，应当是 {want:.4g}"
        small = "exp(-1000) 是 0，ln 0 是 -inf" if row[0] < 0 else "exp(1000) 是 inf"
        lost = "先 softmax 再取对数：概率 exp(-1000) 成了 0，ln 0 是 -inf；先在纸上化简成 ln Σ exp(oⱼ) - oₜ"
        if row[0] > 0 and target == 1:
            expect(got != math.inf, f"{text}。{lost}")
            expect(not 5 < got < 200, f"{text}。加了 1e-9 之类的小数再取对数：损失被它封顶，梯度也没了；化简，别加")
        expect(math.isfinite(got), f"{text}。{small}：每行先减去自己最大的 logit")
        expect(near(got, want), f"{text}。减去的是这一行最大的，不是别的数")


def test_each_row_subtracts_its_own_maximum():
    logits = torch.tensor([[1000.0, 999.0], [0.0, 1.0], [-500.0, -499.0]])
    got, want = loss(logits, torch.tensor([0, 1, 1])).item(), math.log(1 + math.exp(-1))
    text = f"三行的 logits 是 {logits.tolist()}：得到 {got:.4g}，应当是 {want:.4g}"
    idea = "减的是全部里最大的：别的行 exp 全成了 0，ln 0 是 -inf；每行减自己的，amax(-1, keepdim=True)"
    expect(math.isfinite(got), f"{text}。{idea}")
    expect(near(got, want), f"{text}。每行减去自己最大的 logit")


def test_masked_words_do_not_matter():
    logits = torch.tensor([[0.0, -math.inf, 0.0], [1.0, 1.0, -math.inf]])
    got, want = loss(logits, torch.tensor([0, 1])).item(), math.log(2)
    text = f"有的词的 logit 是 -inf：得到 {got:.4g}，应当是 ln 2 = {want:.4f}"
    expect(not math.isnan(got), f"{text}。用 one-hot 乘再求和：0 · (-inf) 是 nan。{CHOOSE}")
    expect(near(got, want), f"{text}。exp(-inf) = 0，它不占概率")


def test_the_loss_can_be_trained():
    for scale in (1.0, 300.0):
        logits = (randn(2, 3, 5) * scale).requires_grad_()
        targets = torch.tensor([[1, 4, 2], [3, 0, 1]])
        got = loss(logits, targets)
        expect(got.requires_grad, "损失没有梯度：计算图断了，别用 no_grad、detach、item，也别新建张量来装结果")
        ours = torch.autograd.grad(got, logits)[0]
        want = (logits.detach().softmax(-1) - F.one_hot(targets, 5)) / 6
        text = f"损失对，梯度却最多差 {(ours - want).abs().max().item():.3g}，应当是（softmax - one-hot）/ 6"
        expect(torch.allclose(ours, want, atol=1e-5), f"{text}：ln Σ exp 与 oₜ 两项都要有梯度，别 detach 它们")


# ---------------------------------------------------------------- 困惑度与每字节比特数


def test_perplexity_by_hand():
    for words in (8, 1, 50, 2.5):
        got, nats = call(ex.perplexity, math.log(words)), math.log(words)
        text = f"perplexity(ln {words}) 得到 {got:.4g}，应当是 {words}"
        ideas = {
            "底是 e，不是 2：损失的单位是 nat": 2**nats,
            "符号反了：exp(loss)，不是 exp(-loss)": math.exp(-nats),
            "原样返回了 loss": nats,
            "这是比特数 loss / ln 2": nats / math.log(2),
            "减了 1": words - 1,
            "又取了对数：损失已经是对数": math.log(nats) if nats > 0 else math.nan,
            "底是 10": 10**nats,
        }
        for idea, wrong in ideas.items():
            expect(near(wrong, words) or not near(got, wrong), f"{text}。{idea}")
        expect(near(got, words), f"{text}。exp(loss)")


def test_bits_per_byte_by_hand():
    nats = 2 * math.log(2)
    got = call(ex.bits_per_byte, nats, 4, 10)
    text = f"每词元 2 比特、4 个词元、10 个字节：得到 {got:.4g}，应当是 0.8"
    ideas = {
        "没有换成比特：还要除以 ln 2": nats * 0.4,
        "乘了 ln 2：1 nat = 1 / ln 2 比特，是除": nats * math.log(2) * 0.4,
        "词元数与字节数反了：总比特数 ÷ 字节数": 5.0,
        "没有换成每字节：这是每词元": 2.0,
        "没有换成每字节：这是总数": 8.0,
        "用 log2(loss) 换不了单位：除以 ln 2": math.log2(nats) * 0.4,
        "乘了 8：那是每字节的比特数再乘 8": 6.4,
        "除了 8：单位是比特": 0.1,
        "用的是困惑度：先别取 exp": math.exp(nats) * 0.4,
        "用的是 log2(困惑度) 再除以 ln 2：换了两次": 2 / math.log(2) * 0.4,
        "用了 //：词元数 // 字节数舍成了 0": 0.0,
        "用了 //：字节数 // 词元数舍成了 2": 1.0,
        "忘了 loss：这只是词元数 ÷ 字节数": 0.4,
        "除以了 log10(2)：要自然对数": nats / math.log10(2) * 0.4,
        "没有用到字节数，除的是词元数": 0.5,
    }
    for idea, wrong in ideas.items():
        expect(not near(got, wrong), f"{text}。{idea}")
    expect(near(got, 0.8), f"{text}。loss / ln 2 · 词元数 / 字节数")


def test_longer_tokens_are_no_advantage():
    got = [call(ex.bits_per_byte, length * math.log(256), 600 // length, 600) for length in (1, 2, 3, 6)]
    text = f"每个字节 256 种、一样可能，切成 1、2、3、6 字节的词元：得到 {[round(x, 3) for x in got]}，都应当是 8"
    expect(all(near(x, 8) for x in got), f"{text}。总比特数不随切法变")


# ---------------------------------------------------------------- AdamW


def by_definition(p, g, m, v, t, lr, betas, eps, weight_decay, wrong=""):
    """照公式的一步；wrong 说哪一处换成错的。"""
    (b1, b2), old = betas[::-1] if wrong == "betas" else betas, p
    if wrong == "coupled":
        g = g + weight_decay * p
    m = (1 - b1) * m + b1 * g if wrong == "swapped" else b1 * m + (1 if wrong == "whole" else 1 - b1) * g
    v = b2 * v + (1 - b2) * (m if wrong == "m squared" else g) ** 2
    steps = t + {"t - 1": -1, "t + 1": 1}.get(wrong, 0)
    c1, c2 = 1 - b1**steps, 1 - b2**steps
    if wrong == "b * t":
        c1, c2 = 1 - b1 * t, 1 - b2 * t
    c1 = 1 if wrong in ("uncorrected", "only v") else c1
    c2 = 1 if wrong in ("uncorrected", "only m") else c2
    bottom = (v / c2).sqrt() + eps
    bottom = {
        "eps inside": (v / c2 + eps).sqrt(),
        "eps early": (v.sqrt() + eps) / c2**0.5,
        "no eps": (v / c2).sqrt(),
        "no root": v / c2 + eps,
        "c2 outside": v.sqrt() / c2 + eps,
    }.get(wrong, bottom)
    top = {"gradient": g * c1, "old m": (m - (1 - b1) * g) / b1}.get(wrong, m) / c1
    p = old - (-lr if wrong == "ascent" else lr) * top / bottom
    decay = {"no lr": weight_decay, "added": -lr * weight_decay, "none": 0.0, "coupled": 0.0}
    return p - decay.get(wrong, lr * weight_decay) * (p if wrong == "after" else old), m, v


IDEAS = {  # by_definition 的 wrong -> 错在哪个想法
    "ascent": "走反了：p 要减去，不是加上",
    "uncorrected": "没有修正偏差：m、v 从 0 开始，前几步偏小，除以 1 - βᵗ",
    "only m": "只修正了 m：v 也要除以 1 - β₂ᵗ",
    "only v": "只修正了 v：m 也要除以 1 - β₁ᵗ",
    "t - 1": "修正用了 t - 1：t 从 1 数，指数就是 t",
    "t + 1": "修正用了 t + 1：t 从 1 数，指数就是 t",
    "b * t": "修正用了 β·t：是 β 的 t 次方，写 beta**t",
    "no root": "v̂ 没有开方",
    "c2 outside": "先开方再修正：是 √(v / (1 - β₂ᵗ))，修正在根号里",
    "eps inside": "ε 加在根号里了：AdamW 是 √v̂ + ε（RMSNorm 才在根号里）",
    "eps early": "ε 加早了：先修正 v、开方，再加 ε",
    "no eps": "ε 没有用到",
    "gradient": "分子是 m̂，不是 g",
    "old m": "用了旧的 m：先更新 m、v，再走",
    "coupled": "衰减加进了梯度（那是 Adam 加 L2）：它会进 m、v，被 √v̂ 除；AdamW 直接从 p 里减",
    "no lr": "衰减没有乘 lr：减的是 lr · λ · p",
    "after": "衰减用了走过之后的 p：等号右边的 p 都是旧的",
    "added": "衰减的符号反了：往 0 拉，是减",
    "none": "没有衰减",
    "betas": "β₁ 与 β₂ 反了：β₁ 管 m，β₂ 管 v",
    "swapped": "β₁ 与 1 - β₁ 反了：旧的 m 占 β₁",
    "whole": "m 里的 g 要乘 1 - β₁（那是动量的写法）",
    "m squared": "v 累积的是 g²，不是 m²",
}


def step(*args, text):
    """调用你的 adamw_step，检查三个返回值，再与每一种错法、与定义比较。"""
    before = [x.clone() for x in args[:4]]
    got = call(ex.adamw_step, *args)
    expect(isinstance(got, tuple) and len(got) == 3, f"adamw_step 要返回三样 (p, m, v)，得到 {type(got).__name__}")
    for name, old, new in zip("pgmv", before, args):
        kept = f"adamw_step 改动了传进来的 {name}：写 {name} = …，不写 {name} *= …、{name}.mul_(…)"
        expect(torch.equal(old, new), kept)
    for name, x in zip("pmv", got):
        shape = tuple(getattr(x, "shape", (type(x).__name__,)))
        expect(shape == tuple(args[0].shape), f"{name} 的形状应当是 {tuple(args[0].shape)}，得到 {shape}：逐元素地算")
    want = by_definition(*args)
    check_state(got, want, args, text)
    first = "指数是 t，不是 t - 1（1 - β⁰ = 0，除以 0）；分母用新的 v，旧的还是 0"
    later = "修正用的是 β 的 t 次方 beta**t，不是 β·t（它会大于 1，根号里成了负数）"
    finite = bool(got[0].isfinite().all())
    expect(finite, f"{text}：p 成了 nan 或 inf。{first if args[4] == 1 else later}")
    values = [round(x, 4) for x in got[0].flatten().tolist()[:4]]
    should = [round(x, 4) for x in want[0].flatten().tolist()[:4]]
    text = f"{text}：p 得到 {values}，应当是 {should}"
    for wrong, idea in IDEAS.items():
        other = by_definition(*args, wrong=wrong)[0]
        expect(same(other, want[0]) or not same(got[0], other), f"{text}。{idea}")
    expect(same(got[0], want[0]), f"{text}。p - lr · m̂ / (√v̂ + ε) - lr · λ · p")
    return got


def same(a, b):
    return torch.allclose(a, b, rtol=1e-4, atol=1e-7)


def check_state(got, want, args, text):
    """返回的 m、v：没有修正、没有放反、更新过。"""
    p, g, m, v, t, lr, betas, eps, weight_decay = args

    swapped = same(got[1], want[2]) and same(got[2], want[1]) and not same(want[1], want[2])
    expect(not swapped, f"{text}：返回的 m 与 v 反了，次序是 (p, m, v)")
    expect(not (same(got[1], want[0]) and not same(want[0], want[1])), f"{text}：返回的次序是 (p, m, v)，p 在最前")
    for i, name, old, power in ((1, "m", m, "g"), (2, "v", v, "g²")):
        beta, part, other, decayed = betas[i - 1], g**i, "g²" if i == 1 else "g", g + weight_decay * p
        at = (got[i] - want[i]).abs().argmax()
        numbers = f"{text}：{name} 得到 {got[i].flatten()[at]:.4g}，应当是 {want[i].flatten()[at]:.4g}"
        whole, corrected = beta * old + part, want[i] / (1 - beta**t)
        no_part = f"{power} 要乘 1 - β（那是动量的写法）"
        returned = f"返回的是修正之后的 {name}：下一步又要修正一次，返回没有修正的"
        ideas = {
            f"{no_part}；或者{returned}" if same(whole, corrected) else no_part: whole,
            returned: corrected,
            f"返回的是旧的 {name}：更新之后的才留给下一步": old,
            f"β 与 1 - β 反了：旧的 {name} 占 β": (1 - beta) * old + beta * part,
            f"β₁ 与 β₂ 反了：{name} 用 {'β₁' if i == 1 else 'β₂'}": betas[2 - i] * old + (1 - betas[2 - i]) * part,
            f"{name} 累积的是 {power}，不是 {other}": beta * old + (1 - beta) * (g * g if i == 1 else g),
            f"衰减加进了梯度：它不该进 {name}": beta * old + (1 - beta) * decayed**i,
            "v 累积的是 g²，不是 m²": beta * old + (1 - beta) * want[1] ** 2,
            "v 累积的是 g²，不是 (g - m)²（那是 AdaBelief）": beta * old + (1 - beta) * (g - want[1]) ** 2,
            f"{name} 取了最大的（那是 AMSGrad、Adamax）：是滑动平均": torch.maximum(old, want[i]),
            f"旧的 {name} 没有用到": (1 - beta) * part,
        }
        for idea, wrong in ideas.items():
            expect(same(wrong, want[i]) or not same(got[i], wrong), f"{numbers}。{idea}")
        expect(same(got[i], want[i]), f"{numbers}。{name} ← β {name} + (1 - β) {power}")


def test_the_first_step_by_hand():
    zero = torch.zeros(1)
    step(torch.ones(1), torch.tensor([0.5]), zero, zero, 1, 0.2, (0.9, 0.999), 0.0, 0.0, text="p = 1、g = 0.5、t = 1")
    small = torch.tensor([0.005])
    step(torch.ones(1), small, zero, zero, 1, 0.2, (0.9, 0.999), 0.0, 0.0, text="p = 1、g = 0.005、t = 1")


def test_decay_does_not_pass_through_the_moments():
    zero = torch.zeros(1)
    text = "p = -2、g = 0.5、t = 1、lr = 0.5、λ = 0.4"
    step(torch.tensor([-2.0]), torch.tensor([0.5]), zero, zero, 1, 0.5, (0.9, 0.999), 1e-8, 0.4, text=text)
    text = "p = 1、g = 0.5、t = 1、lr = 0.2、λ = 0.1"
    step(torch.ones(1), torch.tensor([0.5]), zero, zero, 1, 0.2, (0.9, 0.999), 1e-8, 0.1, text=text)


def test_epsilon_is_outside_the_root():
    zero = torch.zeros(1)
    text = "p = 1、g = 0.5、t = 1、lr = 0.2、ε = 1.5"
    step(torch.ones(1), torch.tensor([0.5]), zero, zero, 1, 0.2, (0.9, 0.999), 1.5, 0.0, text=text)


def test_a_later_step():
    p, g, m, v = randn(2, 3), randn(2, 3, seed=7), randn(2, 3, seed=8), randn(2, 3, seed=9).abs()
    step(p, g, m, v, 3, 0.2, (0.8, 0.95), 0.3, 0.15, text="p (2, 3)、t = 3")
    got = step(p, g, m, v, 40, 0.0, (0.8, 0.95), 1e-8, 0.15, text="p (2, 3)、t = 40、lr = 0")
    expect(torch.equal(got[0], p), "lr = 0 时 p 应当不动：衰减也要乘 lr")


def test_many_steps_equal_torch():
    start, options = randn(3, 4), {"lr": 0.05, "betas": (0.85, 0.97), "eps": 1e-3, "weight_decay": 0.2}
    twin = torch.nn.Parameter(start.clone())
    optimizer = torch.optim.AdamW([twin], **options)
    p, m, v = start.clone(), torch.zeros(3, 4), torch.zeros(3, 4)
    for t in range(1, 31):
        twin.grad = randn(3, 4, seed=t) + twin.detach()
        p, m, v = call(ex.adamw_step, p, randn(3, 4, seed=t) + p, m, v, t, *options.values())
        optimizer.step()
        difference = (p - twin.detach()).abs().max().item()
        text = f"第 {t} 步与 torch.optim.AdamW 差 {difference:.3g}"
        expect(difference < 1e-4, f"{text}：单独的一步却对：返回的 m、v 能不能直接当下一步的输入？公式里写死了哪个数？")


def test_a_zero_gradient_never_gives_nan():
    zero = torch.zeros(2)
    got = call(ex.adamw_step, torch.ones(2), zero, zero, zero, 1, 0.1, (0.9, 0.999), 1e-8, 0.0)
    idea = "0 / 0：分母是 √v̂ + ε，ε 就是为这时候加的"
    expect(bool(got[0].isfinite().all()), f"梯度一直是 0（例如没有用到的词向量）：p 得到 {got[0].tolist()}。{idea}")
