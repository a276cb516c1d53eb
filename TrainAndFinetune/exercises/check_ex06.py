"""检查 ex06：答案的对数概率、隐含的奖励、DPO 的损失与梯度、GRPO 的优势，逐项与手算比较。"""

import math

import torch

from book import expect, load_exercise

ex = load_exercise(__file__)

LN2 = math.log(2)


def call(function, *args):
    """调用你的函数；报错、忘了 return、返回的不是张量，都换成一句话。"""
    name = function.__name__
    try:
        got = function(*args)
    except Exception as error:
        expect(False, f"{name} 抛了 {type(error).__name__}：{' '.join(str(error).split())}")
    expect(isinstance(got, torch.Tensor), f"{name} 返回的是 {type(got).__name__}，应当是 Tensor；忘了 return？")
    return got


def shaped(got, shape, name, idea):
    expect(got.shape == shape, f"{name} 返回的形状是 {tuple(got.shape)}，应当是 {tuple(shape)}：{idea}")


def same(got, want, tolerance=1e-5):
    return torch.allclose(got.double(), torch.as_tensor(want).double(), atol=tolerance, rtol=tolerance)


def numbers(values) -> str:
    return "(" + ", ".join(f"{float(v):.4g}" for v in torch.as_tensor(values).flatten()) + ")"


def judge(got, want, text, ideas, tolerance=1e-5):
    """先认出典型的错，再比较正确的值。"""
    for idea, wrong in ideas.items():
        wrong = torch.as_tensor(wrong)
        hit = got.shape == wrong.shape and not same(wrong, want, tolerance) and same(got, wrong)
        expect(not hit, f"{text}得到 {numbers(got)}，应当是 {numbers(want)}。{idea}")
    expect(same(got, want, tolerance), f"{text}得到 {numbers(got)}，应当是 {numbers(want)}")


# ---------------------------------------------------------------- 答案的对数概率


def test_the_log_probability_of_an_answer_is_the_sum_over_its_tokens():
    log_probs = torch.tensor([[-9.0, -1.0, -2.0, -7.0], [-8.0, -3.0, -0.5, -0.25]])
    mask = torch.tensor([[0.0, 1.0, 1.0, 0.0], [0.0, 1.0, 1.0, 1.0]])
    got = call(ex.sequence_log_probs, log_probs, mask)
    shaped(got, (2,), "sequence_log_probs", "各答案分开，只沿最后一维相加")
    ideas = {
        "这是平均：概率是相乘，对数是相加，不除以长度": [-1.5, -1.25],
        "没有乘 mask：题目与填充也算进去了": log_probs.sum(-1),
        "mask 用反了：算的是题目与填充": (log_probs * (1 - mask)).sum(-1),
        "除以了 T：不除以长度": (log_probs * mask).mean(-1),
        "少了负号还是多了负号：对数概率是负的": [3.0, 3.75],
    }
    judge(got, [-3.0, -3.75], f"词元的 ln π {log_probs.tolist()}、mask {mask.int().tolist()}：", ideas)


# ---------------------------------------------------------------- 隐含的奖励


def test_the_implicit_reward_compares_with_the_reference():
    policy, reference = torch.tensor([-2.0, -6.0]), torch.tensor([-3.0, -4.0])
    got = call(ex.implicit_reward, policy, reference, 0.5)
    ideas = {
        "比值反了：是 ln π - ln π_ref": [-0.5, 1.0],
        "没有减参考：奖励是相对于参考的": [-1.0, -3.0],
        "没有乘 β": [1.0, -2.0],
        "是乘 β，不是除以 β": [2.0, -4.0],
        "ln(a / b) 是对数相减，不是相除": 0.5 * policy / reference,
        "已经是对数，别再取 exp": 0.5 * (policy.exp() - reference.exp()),
    }
    judge(got, [0.5, -1.0], "ln π (-2, -6)、ln π_ref (-3, -4)、β 0.5：", ideas)


# ---------------------------------------------------------------- DPO 的损失


def test_the_loss_starts_at_ln_2():
    x, y = torch.tensor([-3.0, -5.0, -2.0]), torch.tensor([-4.0, -4.5, -9.0])
    got = call(ex.dpo_loss, x, y, x, y, 0.1)
    shaped(got, (), "dpo_loss", "对一批求平均，得到标量")
    ideas = {
        "少了最前面的负号：损失是 -ln σ": -LN2,
        "没有取对数：这是 -σ(0)": -0.5,
        "没有取对数：这是 σ(0)": 0.5,
        "一批求平均，不是求和": 3 * LN2,
        "β 在 σ 里面，不乘在外面": 0.1 * LN2,
        "用了以 2 为底的对数": 1.0,
        "参考没有起作用：策略等于参考时，奖励都是 0": -torch.nn.functional.logsigmoid(0.1 * (x - y)).mean(),
    }
    judge(got, LN2, "策略等于参考：", ideas)


def test_the_loss_falls_when_the_good_answer_gains():
    zero = torch.zeros(1)
    got = call(ex.dpo_loss, zero + 2, zero, zero, zero, 0.5)
    want, flipped = math.log1p(math.exp(-1.0)), math.log1p(math.exp(1.0))
    ideas = {
        "符号反了：这样训练会让好的答案越来越不可能；差是 r̂_w - r̂_l": flipped,
        "少了最前面的负号：损失是 -ln σ": -want,
        "没有乘 β": math.log1p(math.exp(-2.0)),
        "β 在 σ 里面，不乘在外面": 0.5 * math.log1p(math.exp(-2.0)),
    }
    judge(got, want, "好的答案比参考多了 2 nat、β 0.5：", ideas)


def test_gradient_pushes_the_good_answer_up_and_the_bad_one_down():
    sides = [torch.tensor([-3.0, -4.0], requires_grad=i < 2) for i in range(4)]
    loss = call(ex.dpo_loss, *sides, 0.2)
    expect(loss.requires_grad, "dpo_loss 没有梯度：计算图断了，别用 detach、item、no_grad")
    chosen, rejected = torch.autograd.grad(loss, sides[:2])
    text = f"起点上，损失对 ln π(好) 的梯度是 {numbers(chosen)}，对 ln π(差) 的是 {numbers(rejected)}"
    expect((chosen < 0).all(), f"{text}。符号反了：对好的应当是负的，梯度下降才会把它推高")
    want = torch.full((2,), 0.2 * 0.5 / 2)
    expect(same(-chosen, want) and same(rejected, want), f"{text}。应当是 ∓β σ(0) / B = ∓{float(want[0]):.3g}")


def test_a_large_difference_stays_finite():
    zero = torch.zeros(1)
    got = call(ex.dpo_loss, zero - 1000, zero, zero, zero, 1.0)
    text = f"差是 -1000：得到 {float(got):.4g}，应当是 1000"
    expect(math.isfinite(got), f"{text}。σ(-1000) 是 0，ln 0 是 -inf：用 logsigmoid，不要先 sigmoid 再取对数")
    expect(same(got, 1000.0), text)


# ---------------------------------------------------------------- GRPO 的优势


def test_advantages_compare_the_answers_of_one_question():
    rewards = torch.tensor([1.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 0.0])
    before = rewards.clone()
    got = call(ex.group_advantages, rewards, 4)
    expect(torch.equal(rewards, before), "group_advantages 改动了传进来的 rewards：别用 -= 与 /=")
    shaped(got, (8,), "group_advantages", "算完变回 (B·G,)")
    groups = rewards.view(2, 4)
    centred, std = groups - groups.mean(-1, keepdim=True), groups.std(-1, keepdim=True)
    strided = rewards.view(4, 2)
    ideas = {
        "减去的应当是这一组的平均，不是整批的": (rewards - rewards.mean()) / (rewards.std() + 1e-4),
        "没有减去这一组的平均：错的答案也要罚": (groups / (std + 1e-4)).flatten(),
        "没有除以这一组的标准差": centred.flatten(),
        "同一道题的 G 个是挨着的：view(-1, G)，沿最后一维": (
            (strided - strided.mean(0)) / (strided.std(0) + 1e-4)
        ).flatten(),
        "除以的是方差，不是标准差": (centred / (std**2 + 1e-4)).flatten(),
        "标准差用 torch 的默认，除以 G - 1": (
            centred / (groups.std(-1, unbiased=False, keepdim=True) + 1e-4)
        ).flatten(),
    }
    judge(got, (centred / (std + 1e-4)).flatten(), "奖励 (1,0,0,0) 与 (1,1,1,0)，一组 4 个：", ideas, 1e-3)


def test_a_group_that_agrees_teaches_nothing():
    got = call(ex.group_advantages, torch.tensor([1.0, 1.0, 0.0, 0.0]), 2)
    expect(not got.isnan().any(), f"两组都全一样：得到 {numbers(got)}。0/0：标准差是 0，要加 1e-4")
    expect(same(got, torch.zeros(4)), f"两组都全一样：得到 {numbers(got)}，应当全是 0")
