"""检查 ex04：同样的参数、同样的梯度，逐步与 torch.optim.SGD（float64）比较。"""

import torch
from torch import nn

from book import expect, load_exercise

ex = load_exercise(__file__)

CAUSES = {  # 报错里的几个字 -> 多半是哪个想法错了
    "in-place": "更新本身不该进计算图：写在 torch.no_grad() 里面",
    "__enter__": "with torch.no_grad(): 的括号不能少",
    "context manager": "with torch.no_grad(): 的括号不能少",
    "must match": "两个参数的形状不同，共用一个 v 加不起来：每个参数有自己的 v",
    "NoneType": "第一步还没有 v：第一步 v = g",
    "Boolean value": "有没有梯度不能写 if p.grad（张量里有好几个数）：写 if p.grad is not None",
}


def parameters(seed=4):
    """两个形状不同的参数：(3,) 与 (2, 2)。"""
    generator = torch.Generator().manual_seed(seed)
    return [nn.Parameter(torch.randn(shape, generator=generator, dtype=torch.float64)) for shape in ((3,), (2, 2))]


def step(optimizer):
    """走一步；认得出的报错换成一句话，别的原样抛出。"""
    try:
        optimizer.step()
    except (RuntimeError, AttributeError, TypeError) as error:
        for part, idea in CAUSES.items():
            expect(part not in str(error), f"step 抛了 {type(error).__name__}：{idea}。Python 说：{error}")
        raise


def trajectory(optimizer, ours, lrs):
    """喂同一串随机梯度，返回每一步之后的全部参数，拼成 (步数, 7)。"""
    generator, history = torch.Generator().manual_seed(5), []
    for lr in lrs:
        options = optimizer.param_groups[0] if isinstance(optimizer, torch.optim.Optimizer) else vars(optimizer)
        options["lr"] = lr
        for p in ours:
            p.grad = torch.randn(p.shape, generator=generator, dtype=torch.float64)
        step(optimizer)
        history.append(torch.cat([p.detach().flatten() for p in ours]))
    return torch.stack(history)


def both(lrs=(0.1,) * 6, **options):
    """你的轨迹与 torch 的轨迹。"""
    ours, reference = parameters(), parameters()
    got = trajectory(ex.SGD(ours, lr=0.1, **options), ours, lrs)
    return got, trajectory(torch.optim.SGD(reference, lr=0.1, **options), reference, lrs)


def first_difference(got, want):
    """从第几步起不同（从 1 数）；处处相同是 None。"""
    wrong = ~torch.isclose(got, want, rtol=1e-10, atol=1e-12).all(dim=1)
    return wrong.nonzero()[0].item() + 1 if wrong.any() else None


def check_trajectory(idea, **options):
    first = first_difference(*both(**options))
    settings = ", ".join(f"{name}={value}" for name, value in options.items())
    expect(first is None, f"SGD({settings}) 从第 {first} 步起与 torch 不同。{idea}")


def test_a_step_changes_the_parameter_itself():
    p = nn.Parameter(torch.tensor([1.0, 2.0]))
    p.grad = torch.tensor([1.0, -1.0])
    storage = p.data_ptr()
    step(ex.SGD([p], lr=0.1))
    idea = "θ 没有动：p = p - … 只是给局部变量换了个名字，要就地改（p.sub_ 或 p -= …）"
    expect(p.tolist() != [1.0, 2.0], idea)
    expect(p[0].item() < 1.0, f"梯度是 +1，参数却从 1 变成 {p[0].item():.3f}：下降是减去 lr·g")
    right = torch.allclose(p.detach(), torch.tensor([0.9, 2.1]))
    expect(right, f"lr=0.1、g=(1, -1)，(1, 2) 应当变成 (0.9, 2.1)，得到 {p.tolist()}")
    idea = "优化器与模型共用一块存储，换一块新的，指着旧的那些（视图、state_dict）就停在旧值：写 p.sub_ 或 p -= …"
    expect(p.data_ptr() == storage, f"θ 换了一块内存：p.data = … 是换掉存储，不是就地改。{idea}")
    expect(p.grad is not None, "step 之后 grad 成了 None：清零是 zero_grad 的事，由训练循环决定什么时候清")


def test_plain_sgd():
    check_trajectory("没有动量时就是 θ <- θ - lr g，步与步之间什么也不留")


def test_parameters_may_come_from_a_generator():
    p = nn.Parameter(torch.zeros(1))
    optimizer = ex.SGD((q for q in [p]), lr=1.0)
    for _ in range(3):
        p.grad = torch.ones(1)
        step(optimizer)
    idea = "model.parameters() 是生成器，只能走一遍，先变成 list"
    expect(p.item() == -3.0, f"三步之后应当是 -3，得到 {p.item()}：{idea}")


def test_zero_grad_forgets_the_old_gradient():
    p = nn.Parameter(torch.ones(2))
    optimizer = ex.SGD([p], lr=0.1)
    for _ in range(2):
        try:
            optimizer.zero_grad()
        except AttributeError as error:
            expect(False, f"反向之前 grad 还是 None，zero_grad 就断了（{error}）：不用 zero_，把 p.grad 设成 None")
        (3 * p).sum().backward()
    got = p.grad.tolist()
    expect(got == [3.0, 3.0], f"清零之后再反向，梯度应当是 3，得到 {got}：backward 是累加，zero_grad 没有清掉")
    optimizer.zero_grad()
    expect(p.grad is None, "zero_grad 之后 grad 应当是 None：清成 0 的话，带权重衰减时没有参与计算的参数也会动")


def test_parameters_without_gradient_stay():
    used, unused = nn.Parameter(torch.ones(1)), nn.Parameter(torch.ones(1))
    used.grad = torch.ones(1)
    try:
        ex.SGD([unused, used], lr=0.1, weight_decay=0.5).step()
    except (TypeError, AttributeError) as error:
        expect(False, f"有一个参数的 grad 是 None，step 就断了（{error}）：没有梯度的跳过")
    expect(unused.item() == 1.0, f"没有梯度的参数从 1 变成了 {unused.item()}：没有梯度就整个跳过，连衰减也不做")
    expect(used.item() != 1.0, "排在后面的参数没有更新：遇到没有梯度的用 continue，不用 return 或 break")


def test_weight_decay_pulls_towards_zero():
    p = nn.Parameter(torch.ones(1))
    p.grad = torch.ones(1)
    step(ex.SGD([p], lr=0.1, weight_decay=0.5))
    wrong = {
        0.9: "weight_decay 没有用上",
        0.95: "衰减的符号反了。加号，把参数拉向 0",
        0.8: "λθ 之外又乘了 2：λ/2·θ² 的导数就是 λθ",
        0.855: "先走再乘 1 - ηλ：衰减用了走完之后的 θ，要用走之前的",
        0.4: "衰减没有乘 lr：λθ 加进 g 里，一起乘学习率",
    }
    text = "θ=1、g=1、lr=0.1、λ=0.5，应当走到 1 - 0.1·(1 + 0.5·1) = 0.85，得到"
    for value, idea in wrong.items():
        expect(abs(p.item() - value) > 1e-5, f"{text} {value}。{idea}")
    check_trajectory("权重衰减是 g + λθ：加号，把参数拉向 0", weight_decay=0.3)


def test_momentum_keeps_the_whole_new_gradient():
    got, want = both(momentum=0.9)
    first = "第一步就不同：第一步 v = g，不缩小。v <- μ v + (1-μ) g 是滑动平均（Adam 的写法），这里的 g 不乘 (1-μ)"
    expect(first_difference(got, want) != 1, first)
    expect(not torch.equal(got, both()[0]), "momentum=0.9 与没有动量时走得一样：v 要存进 self，留到下一步")
    wrong_way = "v <- μ v + g：μ 乘的是旧的 v，不是新的 g；每个参数一份"
    later = first_difference(got, want)
    expect(later is None, f"momentum=0.9 从第 {later} 步起与 torch 不同。{wrong_way}")


def test_each_parameter_has_its_own_velocity():
    ours = [nn.Parameter(torch.zeros(1)), nn.Parameter(torch.zeros(1))]
    optimizer = ex.SGD(ours, lr=1.0, momentum=0.5)
    for _ in range(2):
        ours[0].grad, ours[1].grad = torch.tensor([1.0]), torch.tensor([0.0])
        step(optimizer)
    idea = "它的梯度一直是 0：两个参数共用了一个 v，一个的动量推着另一个走"
    expect(ours[1].item() == 0.0, f"第二个参数应当停在 0，得到 {ours[1].item()}。{idea}")
    expect(ours[0].item() == -2.5, f"第一个参数应当走 1 再走 1.5，停在 -2.5，得到 {ours[0].item()}")


def test_the_velocity_is_not_the_gradient_tensor():
    p = nn.Parameter(torch.zeros(1))
    optimizer = ex.SGD([p], lr=1.0, momentum=0.5)
    p.grad = torch.ones(1)
    for _ in range(2):
        p.grad.fill_(1.0)  # 有人就地重填同一个 grad 张量
        step(optimizer)
    idea = "第一步 v = g 存的是同一个张量，grad 变它也变（或者 v 变把 grad 也改了）：存 g.clone()"
    expect(p.item() == -2.5, f"走 1 再走 1.5 应当停在 -2.5，得到 {p.item()}。{idea}")


def test_weight_decay_goes_through_the_momentum():
    idea = "衰减先加进 g，再进动量。最后单独减 lr·λθ 是 AdamW 那种「解耦」的写法，不是 torch 的 SGD"
    check_trajectory(idea, momentum=0.9, weight_decay=0.3)


def test_nesterov_adds_the_gradient_once_more():
    idea = "Nesterov 的方向是 g + μ v，v 是更新之后的，g 是加过衰减的"
    check_trajectory(idea, momentum=0.9, nesterov=True)
    check_trajectory(idea, momentum=0.9, nesterov=True, weight_decay=0.3)


def test_a_new_lr_does_not_rescale_the_velocity():
    lrs = (0.1, 0.1, 0.01, 0.01, 0.2, 0.2)
    (got, _), (constant, _) = both(momentum=0.9, lrs=lrs), both(momentum=0.9)
    expect(not torch.equal(got, constant), "改了 optimizer.lr，步子没有变：每一步都读 self.lr，不要存成别的")
    idea = "中途改了 lr 就不同：v 里不含 lr（θ <- θ - lr v），把 lr 乘进 v 的写法会带着旧的 lr 走"
    check_trajectory(idea, momentum=0.9, lrs=lrs)


def test_the_gradient_is_left_alone():
    p = nn.Parameter(torch.ones(2))
    p.grad = torch.ones(2)
    optimizer = ex.SGD([p], lr=0.1, momentum=0.9, weight_decay=0.5)
    step(optimizer)
    step(optimizer)
    got = p.grad.tolist()
    expect(got == [1.0, 1.0], f"step 改了 p.grad，从 1 变成 {got}：g = g + λθ 建新的，不要 g += λθ")
