"""检查 ex06：训练与推理两种模式的输出、滑动统计量、梯度，与 nn.BatchNorm2d 比较。"""

import torch
from torch import nn

from book import expect, load_exercise

ex = load_exercise(__file__)

NAMES = ("weight", "bias", "running_mean", "running_var")
CAUSES = {  # 报错里的几个字 -> 多半是哪个想法错了
    "must match": "(C,) 右对齐到了宽上：μ、σ²、γ、β、running_mean、running_var 都要 view(1, C, 1, 1)，推理时也要",
    "broadcast shape": "running_mean、running_var 是 (C,)：keepdim 留下的 (1, C, 1, 1) 先 flatten 再存",
}


def randn(*shape, seed=6):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def close(got, want):
    return got.shape == want.shape and torch.allclose(got, want, rtol=1e-4, atol=1e-4)


def numbers(t):
    return [round(value, 4) for value in t.flatten().tolist()]


def pair(channels, **options):
    """你的层与 torch 的层，γ、β 相同但不是 1 与 0。"""
    ours, reference = ex.BatchNorm2d(channels, **options), nn.BatchNorm2d(channels, **options)
    with torch.no_grad():
        for layer in (ours, reference):
            layer.weight.copy_(randn(channels, seed=1).abs() + 0.5)
            layer.bias.copy_(randn(channels, seed=2))
    return ours, reference


def batch():
    """(4, 3, 2, 3)：每个通道 24 个数，均值 3 左右、标准差 2 左右；宽等于通道数，广播错了方向也不报错。"""
    return 2 * randn(4, 3, 2, 3) + 3


def run(layer, x):
    """layer(x)；认得出的报错、返回的不是 Tensor，都换成一句话。"""
    try:
        y = layer(x)
    except RuntimeError as error:
        for part, idea in CAUSES.items():
            expect(part not in str(error), f"forward 抛了 RuntimeError：{idea}。torch 说：{error}")
        raise
    expect(isinstance(y, torch.Tensor), f"forward 返回的是 {type(y).__name__}，应当是 Tensor：忘了 return？")
    return y


def test_names_and_start_values():
    layer = ex.BatchNorm2d(3)
    missing = [name for name in NAMES if not isinstance(getattr(layer, name, None), torch.Tensor)]
    expect(not missing, f"少了 {missing}：参数 weight、bias，缓冲区 running_mean、running_var，都是 (C,) 的张量")
    got = {name: getattr(layer, name).tolist() for name in NAMES}
    want = {"weight": [1.0] * 3, "bias": [0.0] * 3, "running_mean": [0.0] * 3, "running_var": [1.0] * 3}
    expect(got == want, f"初值应当是 {want}，得到 {got}：一开始等于什么也不做")


def test_parameters_learn_and_buffers_are_saved():
    layer = ex.BatchNorm2d(3)
    parameters = [name for name, _ in layer.named_parameters()]
    idea = f"参数应当只有 weight 与 bias，得到 {parameters}：滑动统计量是攒出来的，优化器不该碰它"
    expect(parameters == ["weight", "bias"], idea)
    saved, idea = sorted(layer.state_dict()), "普通属性不进 state_dict，装回检查点之后推理就错：用 register_buffer"
    expect(saved == sorted(NAMES), f"state_dict 的键应当是 {sorted(NAMES)}，得到 {saved}。{idea}")


def test_training_output_has_zero_mean_in_each_channel():
    x = batch()
    y = run(ex.BatchNorm2d(3), x)
    expect(tuple(y.shape) == (4, 3, 2, 3), f"输出应当与输入同形 (4, 3, 2, 3)，得到 {tuple(y.shape)}")
    mean, std = x.mean(dim=(0, 2, 3)), x.std(dim=(0, 2, 3), correction=0)
    wide, right = x - mean, x - mean.view(1, 3, 1, 1)
    on_width = [wide / std, wide / std.view(1, 3, 1, 1), right / std]
    idea = "均值、方差算对了也要 view(1, C, 1, 1)：(C,) 右对齐落在宽上，宽正好等于 C 时不报错"
    expect(not any(close(y, wrong) for wrong in on_width), idea)
    mean = y.mean(dim=(0, 2, 3))
    idea = "训练时减去的应当是这一批的均值：每个通道在 N、H、W 三个维上算（dim=(0, 2, 3)）"
    expect(close(mean, torch.zeros(3)), f"各通道输出的均值应当是 0，得到 {numbers(mean)}。{idea}")
    idea = "统计量分得太细了（每列、每个像素各一份）：一个通道只有一个均值，dim=(0, 2, 3)"
    expect(not close(y.mean(dim=(0, 2)), torch.zeros(3, 3)), idea)  # 更小的组也各自归零了
    idea = "每张图各自归一化了（那是 InstanceNorm）：批这一维也要算进去，dim=(0, 2, 3)"
    expect(not close(y.mean(dim=(2, 3)), torch.zeros(4, 3)), idea)


def test_training_output_has_unit_variance_in_each_channel():
    y = run(ex.BatchNorm2d(1), randn(2, 1, 1, 2))  # 每个通道只有 4 个数：有偏与无偏差三分之一
    got = y.var(correction=0).item()
    idea = "输出的方差是 3/4：归一化用了无偏方差（m - 1）。torch 的 var 默认无偏，归一化要 correction=0"
    expect(abs(got - 0.75) > 1e-3, idea)
    expect(abs(got - 1) < 1e-3, f"输出的方差应当是 1，得到 {got:.4f}：除的是标准差 √(σ² + ε)，不是方差")


def test_eps_is_inside_the_root():
    x = 0.001 * randn(4, 2, 3, 2)  # σ² 约 1e-6，比 ε 还小：这时 ε 在哪里差得最多
    got, want = run(ex.BatchNorm2d(2), x), nn.BatchNorm2d(2)(x)
    ratio = got.std().item() / want.std().item()
    idea = "√(σ² + ε)，ε 在根号里面；写成 σ + ε，方差小的通道会被放大几倍"
    expect(close(got, want), f"方差只有 1e-6 的通道上，输出的标准差是 torch 的 {ratio:.2f} 倍。{idea}")
    got, want = run(ex.BatchNorm2d(2, eps=0.1), x), nn.BatchNorm2d(2, eps=0.1)(x)
    expect(close(got, want), "eps=0.1 时与 torch 不同：用 self.eps，不要写死 1e-5")


def test_gamma_and_beta_belong_to_channels():
    ours, reference = pair(3)
    x = 2 * randn(3, 3, 3, 3) + 3  # 四维都是 3：广播错了方向也不报错
    got = run(ours, x)
    expect(not close(got, nn.BatchNorm2d(3)(x)), "γ、β 没有用上：归一化之后乘 weight、加 bias")
    idea = "γ、β 是 (C,)，右对齐会落在宽上：view(1, C, 1, 1) 之后先乘 γ 再加 β"
    expect(close(got, reference(x)), f"γ、β 不是 1 与 0 时，输出与 torch 不同。{idea}")


def test_running_mean_moves_by_momentum():
    layer, x = ex.BatchNorm2d(1), 10.0 + randn(2, 1, 2, 2)
    run(layer, x)
    shape = tuple(layer.running_mean.shape)
    expect(shape == (1,), f"训练一步之后 running_mean 从 (1,) 变成了 {shape}：{CAUSES['broadcast shape']}")
    mean, got = x.mean().item(), layer.running_mean.item()
    expect(got != 0.0, "训练一步之后 running_mean 还是 0：前向时要顺手更新滑动统计量")
    idea = "BatchNorm 的 momentum=0.1 是新值的权重，r <- 0.9 r + 0.1 新值，与优化器里的相反"
    expect(abs(got - 0.9 * mean) > 1e-3, f"momentum 反了：{idea}")
    expect(abs(got - 0.1 * mean) < 1e-3, f"running_mean 应当是 0.1·{mean:.3f} = {0.1 * mean:.4f}，得到 {got:.4f}")


def test_running_var_uses_the_unbiased_variance():
    layer, x = ex.BatchNorm2d(3), 3 * randn(2, 3, 2, 2)  # m = N·H·W = 8；N = 2，全部 24 个数
    run(layer, x)
    got, biased = layer.running_var, x.var(dim=(0, 2, 3), correction=0)
    want = 0.9 + 0.1 * biased * 8 / 7
    text = f"running_var 应当是 0.9·1 + 0.1·无偏方差 = {numbers(want)}，得到 {numbers(got)}。"
    wrong = {
        1: "running_var 用了有偏方差：当批归一化除以 m，攒给推理用的除以 m - 1",
        24 / 23: "m = N·H·W，不含 C：x.numel() 把别的通道也数进去了",
        2 / 1: "m = N·H·W，不是只有 N：高、宽上的每个数也算",
        (8 / 7) ** 2: "修正了两次：torch 的 var 默认已经除以 m - 1，不要再乘 m / (m - 1)",
    }
    for factor, idea in wrong.items():
        expect(not close(got, 0.9 + 0.1 * biased * factor), text + idea)
    expect(close(got, want), f"{text}旧值先乘 1 - momentum，再加 momentum · 新值")


def test_running_statistics_follow_torch_over_several_steps():
    ideas = {0.1: "第一步对、后几步不对：在旧值上继续走", 0.3: "momentum=0.1 时都对：用 self.momentum，不要写死 0.1"}
    for momentum, idea in ideas.items():
        ours, reference = pair(3, momentum=momentum)
        for seed in range(4):
            x = 2 * randn(4, 3, 2, 2, seed=seed) + seed
            run(ours, x), reference(x)
        for name in NAMES[2:]:
            got, want = getattr(ours, name), getattr(reference, name)
            expect(close(got, want), f"走四步，{name} 应当是 {numbers(want)}，得到 {numbers(got)}。{idea}")


def test_eval_updates_nothing():
    layer = ex.BatchNorm2d(3).eval()
    run(layer, batch())
    kept = close(layer.running_mean, torch.zeros(3)) and close(layer.running_var, torch.ones(3))
    expect(kept, "eval 时 running_mean 或 running_var 变了：测试集的统计量漏进了模型。更新只在 self.training 时做")


def test_eval_uses_running_statistics():
    ours, reference = pair(3, eps=0.5)
    for layer in (ours, reference):
        run(layer, batch())
        layer.eval()
    x = 5 * randn(2, 3, 4, 4, seed=9) - 2
    got, want = run(ours, x), reference(x)
    reference.eps = 0.0
    expect(not close(got, reference(x)), "eval 时漏了 ε：推理也除以 √(running_var + ε)")
    idea = "推理时用 running_mean 与 running_var：用了当批的，同一张图的答案就随同批的图变"
    expect(close(got, want), f"eval 的输出与 torch 不同。{idea}")


def test_running_statistics_keep_no_graph():
    layer = ex.BatchNorm2d(3)
    run(layer, batch().requires_grad_())
    attached = [name for name in NAMES[2:] if getattr(layer, name).requires_grad]
    idea = "每一步的计算图都连在上一步后面，内存一直涨，第二步 backward 还会报错：更新放在 no_grad 里，或先 detach"
    expect(not attached, f"{attached} 连着计算图。{idea}")


def test_gradients_go_through_mean_and_variance():
    ours, reference = pair(3)
    x, x_reference = batch().requires_grad_(), batch().requires_grad_()
    seed = randn(4, 3, 2, 3, seed=8)
    run(ours, x).backward(seed)
    reference(x_reference).backward(seed)
    idea = "当批的 μ、σ² 也是 x 算出来的，梯度要从它们走：用于归一化的不能 detach，也不能放在 no_grad 里"
    expect(close(x.grad, x_reference.grad), f"x 的梯度与 torch 不同。{idea}")
    for name in NAMES[:2]:
        got, want = getattr(ours, name).grad, getattr(reference, name).grad
        expect(got is not None and close(got, want), f"{name} 的梯度与 torch 不同：γ、β 要直接参与计算")
