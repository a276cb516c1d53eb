"""检查 ex06：训练与推理两种模式的输出、滑动统计量、梯度，与 nn.BatchNorm2d 比较。"""

import torch
from torch import nn

from book import expect, load_exercise

ex = load_exercise(__file__)

NAMES = ("weight", "bias", "running_mean", "running_var")


def randn(*shape, seed=6):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def close(got, want, tolerance=1e-4):
    return got.shape == want.shape and torch.allclose(got, want, rtol=tolerance, atol=tolerance)


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
    expect(
        parameters == ["weight", "bias"],
        f"参数应当只有 weight 与 bias，得到 {parameters}：滑动统计量是攒出来的，优化器不该碰它",
    )
    saved = set(layer.state_dict())
    idea = "普通属性不进 state_dict，装回检查点之后推理就错：用 register_buffer"
    expect(saved == set(NAMES), f"state_dict 的键应当是 {sorted(NAMES)}，得到 {sorted(saved)}。{idea}")


def test_training_output_has_zero_mean_in_each_channel():
    y = ex.BatchNorm2d(3)(batch())
    expect(tuple(y.shape) == (4, 3, 2, 3), f"输出应当与输入同形 (4, 3, 2, 3)，得到 {tuple(y.shape)}")
    means = y.mean(dim=(0, 2, 3))
    idea = "训练时减去的应当是这一批的均值：每个通道在 N、H、W 三个维上算（dim=(0, 2, 3)）"
    expect(close(means, torch.zeros(3)), f"各通道输出的均值应当是 0，得到 {means.tolist()}。{idea}")
    alone = y.mean(dim=(0, 2))  # (C, W)：只在 N 上或只在 H、W 上算，会让更小的组也各自归零
    expect(
        not close(alone, torch.zeros(3, 3)),
        "统计量分得太细了（每列、每个像素各一份）：一个通道只有一个均值，dim=(0, 2, 3)",
    )
    per_image = y.mean(dim=(2, 3))
    expect(
        not close(per_image, torch.zeros(4, 3)),
        "每张图各自归一化了（那是 InstanceNorm）：批这一维也要算进去，dim=(0, 2, 3)",
    )


def test_training_output_has_unit_variance_in_each_channel():
    y = ex.BatchNorm2d(1)(randn(2, 1, 1, 2))  # 每个通道只有 4 个数：有偏与无偏差三分之一
    got = y.var(correction=0).item()
    expect(
        abs(got - 0.75) > 1e-3,
        "输出的方差是 3/4：归一化用了无偏方差（m - 1）。torch 的 var 默认无偏，归一化要 correction=0",
    )
    expect(abs(got - 1) < 1e-3, f"输出的方差应当是 1，得到 {got:.4f}：除的是标准差 √(σ² + ε)，不是方差")


def test_eps_is_inside_the_root():
    x = 0.001 * randn(4, 2, 3, 2)  # σ² 约 1e-6，比 ε 还小：这时 ε 在哪里差得最多
    got, want = ex.BatchNorm2d(2)(x), nn.BatchNorm2d(2)(x)
    ratio = got.std().item() / want.std().item()
    idea = "√(σ² + ε)，ε 在根号里面；写成 σ + ε，方差小的通道会被放大几倍"
    expect(close(got, want), f"方差只有 1e-6 的通道上，输出的标准差是 torch 的 {ratio:.2f} 倍。{idea}")
    got, want = ex.BatchNorm2d(2, eps=0.1)(x), nn.BatchNorm2d(2, eps=0.1)(x)
    expect(close(got, want), "eps=0.1 时与 torch 不同：用 self.eps，不要写死 1e-5")


def test_gamma_and_beta_belong_to_channels():
    ours, reference = pair(3)
    x = 2 * randn(3, 3, 3, 3) + 3  # 四维都是 3：广播错了方向也不报错
    idea = "γ、β 是 (C,)，右对齐会落在宽上：view(1, C, 1, 1) 之后先乘 γ 再加 β"
    expect(close(ours(x), reference(x)), f"γ、β 不是 1 与 0 时，输出与 torch 不同。{idea}")


def test_running_mean_moves_by_momentum():
    layer = ex.BatchNorm2d(1)
    layer(torch.full((2, 1, 2, 2), 10.0) + randn(2, 1, 2, 2))
    mean = (10.0 + randn(2, 1, 2, 2)).mean().item()
    got = layer.running_mean.item()
    expect(got != 0.0, "训练一步之后 running_mean 还是 0：前向时要顺手更新滑动统计量")
    reversed_way = abs(got - 0.9 * mean) < 1e-3
    expect(
        not reversed_way,
        "momentum 反了：BatchNorm 的 momentum=0.1 是新值的权重，r <- 0.9 r + 0.1 新值，与优化器里的相反",
    )
    expect(
        abs(got - 0.1 * mean) < 1e-3, f"running_mean 应当是 0.9·0 + 0.1·{mean:.3f} = {0.1 * mean:.4f}，得到 {got:.4f}"
    )


def test_running_var_uses_the_unbiased_variance():
    layer, x = ex.BatchNorm2d(1), 3 * randn(2, 1, 1, 2)
    layer(x)
    got = layer.running_var.item()
    biased, unbiased = (0.9 + 0.1 * x.var(correction=c).item() for c in (0, 1))
    idea = "running_var 用了有偏方差：当批归一化除以 m，攒给推理用的除以 m - 1"
    expect(abs(got - biased) > 1e-4, f"应当是 {unbiased:.4f}，得到 {got:.4f}。{idea}")
    expect(abs(got - unbiased) < 1e-4, f"running_var 应当是 0.9·1 + 0.1·无偏方差 = {unbiased:.4f}，得到 {got:.4f}")


def test_running_statistics_follow_torch_over_several_steps():
    ours, reference = pair(3, momentum=0.3)
    for seed in range(4):
        x = 2 * randn(4, 3, 2, 2, seed=seed) + seed
        ours(x), reference(x)
    idea = "第一步对、后几步不对：在旧值上继续走，用 self.momentum"
    for name in ("running_mean", "running_var"):
        got, want = getattr(ours, name), getattr(reference, name)
        expect(close(got, want), f"momentum=0.3 走四步，{name} 应当是 {want.tolist()}，得到 {got.tolist()}。{idea}")


def test_eval_updates_nothing():
    layer = ex.BatchNorm2d(3)
    layer.eval()
    layer(batch())
    kept = close(layer.running_mean, torch.zeros(3)) and close(layer.running_var, torch.ones(3))
    expect(kept, "eval 时 running_mean 或 running_var 变了：测试集的统计量漏进了模型。更新只在 self.training 时做")


def test_eval_uses_running_statistics():
    ours, reference = pair(3)
    for layer in (ours, reference):
        layer(batch())
        layer.eval()
    x = 5 * randn(2, 3, 4, 4, seed=9) - 2
    got, want = ours(x), reference(x)
    idea = "推理时用 running_mean 与 running_var：用了当批的，同一张图的答案就随同批的图变"
    expect(close(got, want), f"eval 的输出与 torch 不同。{idea}")
    expect(close(ours(x[:1]), got[:1]), "eval 时一张图单独算与放在一批里算，答案不同：还在用当批的统计量")


def test_running_statistics_keep_no_graph():
    layer = ex.BatchNorm2d(3)
    layer(batch().requires_grad_())
    attached = [name for name in ("running_mean", "running_var") if getattr(layer, name).requires_grad]
    idea = "每一步的计算图都连在上一步后面，内存一直涨，第二步 backward 还会报错：更新放在 no_grad 里，或先 detach"
    expect(not attached, f"{attached} 连着计算图。{idea}")


def test_gradients_go_through_mean_and_variance():
    ours, reference = pair(3)
    x, x_reference = batch().requires_grad_(), batch().requires_grad_()
    seed = randn(4, 3, 2, 3, seed=8)
    ours(x).backward(seed)
    reference(x_reference).backward(seed)
    idea = "当批的 μ、σ² 也是 x 算出来的，梯度要从它们走：用于归一化的不能 detach，也不能放在 no_grad 里"
    expect(close(x.grad, x_reference.grad), f"x 的梯度与 torch 不同。{idea}")
    for name in ("weight", "bias"):
        got, want = getattr(ours, name).grad, getattr(reference, name).grad
        expect(
            got is not None and close(got, want), f"{name} 的梯度与 torch 不同：γ、β 要是 nn.Parameter，直接参与计算"
        )
