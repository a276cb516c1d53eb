"""笔记 3、4 的零件：损失、优化器、日程、数据加载、卷积、池化、BatchNorm、感受野、LeNet。"""

import doctest
import importlib
import itertools
import math
from functools import partial

import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader

from book import load_state
from ResNet import layers, lenet, loader, losses, optimizers


@pytest.fixture(autouse=True)
def one_thread():
    """张量都很小，线程只会互相等；结束后还原，别的测试不受影响。"""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


MODULES = [losses, optimizers, loader, layers, lenet]


def generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def choose(seed: int, *options):
    """每个选项各取一个值：随机但可重复。"""
    g = generator(seed)
    return [values[int(torch.randint(len(values), (), generator=g))] for values in options]


@pytest.mark.parametrize("module", MODULES, ids=lambda m: m.__name__)
def test_docstring_examples_run(module):
    assert doctest.testmod(module).failed == 0
    assert doctest.testmod(module).attempted > 0


# ---- 损失


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 1.0])
def test_cross_entropy_and_its_gradient_equal_torch(smoothing):
    logits = (5 * torch.randn(32, 10, generator=generator(0))).requires_grad_()
    labels = torch.randint(10, (32,), generator=generator(1))
    ours = losses.cross_entropy(logits, labels, smoothing)
    reference = F.cross_entropy(logits, labels, label_smoothing=smoothing)
    torch.testing.assert_close(ours, reference)
    torch.testing.assert_close(*(torch.autograd.grad(loss, logits)[0] for loss in (ours, reference)))


def test_adding_a_constant_to_a_row_never_changes_log_softmax():
    logits = torch.randn(8, 10, generator=generator(0), dtype=torch.float64)
    torch.testing.assert_close(losses.log_softmax(logits), losses.log_softmax(logits + 1000))


def test_log_softmax_stays_finite_where_the_naive_formula_overflows():
    logits = torch.tensor([[1000.0, 0.0, -1000.0]])
    assert not (logits.exp() / logits.exp().sum()).log().isfinite().all()
    torch.testing.assert_close(losses.log_softmax(logits), F.log_softmax(logits, dim=1))


def test_gradient_of_cross_entropy_is_probability_minus_target():
    logits = torch.randn(4, 10, generator=generator(0)).requires_grad_()
    labels = torch.tensor([0, 3, 9, 3])
    losses.cross_entropy(logits, labels).backward()
    expected = (logits.detach().softmax(dim=1) - F.one_hot(labels, 10)) / 4
    torch.testing.assert_close(logits.grad, expected)


def test_the_smallest_smoothed_loss_is_the_entropy_of_the_target():
    target = torch.full((10,), 0.01)
    target[3] += 0.9
    entropy = -(target * target.log()).sum()
    torch.testing.assert_close(losses.cross_entropy(target.log()[None], torch.tensor([3]), 0.1), entropy)


def test_one_hot_labels_are_refused_with_the_remedy():
    with pytest.raises(ValueError, match="argmax"):
        losses.cross_entropy(torch.zeros(2, 10), torch.zeros(2, 10))


# ---- 优化器


def small_net(dtype=torch.float32) -> nn.Sequential:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return nn.Sequential(nn.Linear(8, 16), nn.Tanh(), nn.Linear(16, 4)).to(dtype)


def largest_gap_after(steps: int, ours, reference, dtype) -> float:
    """两个优化器在同样的批次上各走 steps 步，参数的最大差。"""
    nets = [small_net(dtype), small_net(dtype)]
    pairs = [(net, build(net.parameters())) for net, build in zip(nets, (ours, reference))]
    g = generator(1)
    for _ in range(steps):
        x, y = torch.randn(32, 8, generator=g, dtype=dtype), torch.randint(4, (32,), generator=g)
        for net, optimizer in pairs:
            optimizer.zero_grad()
            F.cross_entropy(net(x), y).backward()
            optimizer.step()
    return max((a - b).abs().max().item() for a, b in zip(nets[0].parameters(), nets[1].parameters()))


SGD_OPTIONS = [
    {"lr": lr, "momentum": momentum, "nesterov": nesterov, "weight_decay": decay}
    for lr, momentum, nesterov, decay in itertools.product((0.01, 0.1), (0.0, 0.9), (False, True), (0.0, 0.01))
    if momentum or not nesterov
]
ADAM_OPTIONS = [
    {"lr": lr, "betas": betas, "eps": eps, "weight_decay": decay}
    for lr, betas, eps, decay in itertools.product(
        (1e-3, 1e-2), ((0.9, 0.999), (0.5, 0.9), (0.0, 0.99)), (1e-8, 1e-3), (0.0, 0.01)
    )
]


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-6), (torch.float64, 1e-13)])
def test_sgd_equals_torch_over_50_steps_for_every_option(dtype, tolerance):
    for options in SGD_OPTIONS:
        ours, reference = partial(optimizers.SGD, **options), partial(torch.optim.SGD, **options)
        assert largest_gap_after(50, ours, reference, dtype) < tolerance, options


@pytest.mark.parametrize(("decoupled", "reference"), [(False, torch.optim.Adam), (True, torch.optim.AdamW)])
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-6), (torch.float64, 1e-13)])
def test_adam_and_adamw_equal_torch_over_50_steps_for_every_option(decoupled, reference, dtype, tolerance):
    for options in ADAM_OPTIONS:
        ours = partial(optimizers.Adam, **options, decoupled=decoupled)
        assert largest_gap_after(50, ours, partial(reference, **options), dtype) < tolerance, options


class AdamWithEpsBeforeCorrection(optimizers.Adam):
    """故意写错：eps 加在偏差修正之前（论文第 2 节末尾的另一种写法）。"""

    def update(self, p, grad, state):
        correction = math.sqrt(1 - self.betas[1] ** self.step_count)
        eps, self.eps = self.eps, self.eps / correction
        super().update(p, grad, state)
        self.eps = eps


def test_the_comparison_catches_a_misplaced_epsilon():
    for dtype, tolerance in ((torch.float32, 1e-6), (torch.float64, 1e-13)):
        assert largest_gap_after(50, AdamWithEpsBeforeCorrection, torch.optim.Adam, dtype) > tolerance


def test_adamw_defaults_equal_torch():
    assert largest_gap_after(50, optimizers.adamw, torch.optim.AdamW, torch.float64) < 1e-13


def test_the_first_adam_step_does_not_depend_on_the_scale_of_the_loss():
    moves = []
    for scale in (1.0, 1000.0):
        w = nn.Parameter(torch.tensor([1.0, -2.0, 3.0]))
        optimizer = optimizers.Adam([w], lr=0.1)
        (scale * w.square().sum()).backward()
        optimizer.step()
        moves.append(w.detach().clone())
    torch.testing.assert_close(moves[0], moves[1])


def test_a_parameter_without_gradient_is_left_alone():
    used, unused = nn.Parameter(torch.ones(2)), nn.Parameter(torch.ones(2))
    optimizer = optimizers.SGD([used, unused], lr=0.1, weight_decay=1.0)
    used.sum().backward()
    optimizer.step()
    assert torch.equal(unused, torch.ones(2))
    assert not torch.equal(used, torch.ones(2))


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda p: optimizers.SGD([], 0.1), "没有可训练的参数"),
        (lambda p: optimizers.SGD(p, -0.1), "不能为负"),
        (lambda p: optimizers.SGD(p, 0.1, nesterov=True), "momentum > 0"),
        (lambda p: optimizers.Adam(p, betas=(0.9, 1.0)), r"\[0, 1\)"),
        (lambda p: optimizers.SGD(p, 0.1).load_state_dict({"step_count": 0, "state": []}), "模型换了吗"),
    ],
)
def test_impossible_optimizer_settings_are_refused(build, message):
    with pytest.raises(ValueError, match=message):
        build([nn.Parameter(torch.ones(1))])


def test_saving_optimizer_state_takes_a_copy():
    w = nn.Parameter(torch.ones(1))
    optimizer = optimizers.SGD([w], 0.1, momentum=0.9)
    w.grad = torch.ones(1)
    optimizer.step()
    saved = optimizer.state_dict()
    optimizer.step()
    assert saved["step_count"] == 1
    assert saved["state"][0]["velocity"].item() == 1.0


# ---- 日程


def torch_schedule(build, steps: int) -> list[float]:
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=0.4)
    scheduler, rates = build(optimizer), []
    for _ in range(steps):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return rates


@pytest.mark.parametrize(("total", "warmup"), [(50, 10), (7, 1), (100, 99), (20, 0)])
def test_warmup_cosine_equals_torch(total, warmup):
    def build(optimizer):
        cosine = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, total - warmup, eta_min=0.01)
        if not warmup:
            return cosine
        linear = torch.optim.lr_scheduler.LinearLR(optimizer, start_factor=0.01, total_iters=warmup)
        return torch.optim.lr_scheduler.SequentialLR(optimizer, [linear, cosine], [warmup])

    ours = [optimizers.warmup_cosine(s, total, 0.4, warmup, final=0.01) for s in range(total)]
    assert ours == pytest.approx(torch_schedule(build, total), abs=1e-9)


@pytest.mark.parametrize(("total", "rise"), [(100, 0.3), (11, 0.3), (37, 0.25), (440, 0.1), (10, 0.5)])
def test_one_cycle_equals_torch(total, rise):
    def build(optimizer):
        return torch.optim.lr_scheduler.OneCycleLR(
            optimizer, max_lr=0.4, total_steps=total, pct_start=rise, cycle_momentum=False
        )

    ours = [optimizers.one_cycle(s, total, 0.4, rise) for s in range(total)]
    assert ours == pytest.approx(torch_schedule(build, total - 1) + [0.4 / 25 / 1e4], abs=1e-9)


def test_schedules_without_room_are_refused():
    with pytest.raises(ValueError, match="上升段不到一步"):
        optimizers.one_cycle(0, 3, 0.1, rise=0.3)
    with pytest.raises(ValueError, match="warmup_steps"):
        optimizers.warmup_cosine(0, 10, 0.1, warmup_steps=10)


# ---- 数据加载与累积


def test_hand_written_batches_equal_the_dataloader():
    images, labels = torch.randn(23, 1, 4, 4, generator=generator(0)), torch.arange(23)
    dataset, sampler = loader.ImageDataset(images, labels), loader.EpochSampler(23, seed=5)
    for epoch, drop_last in itertools.product((0, 1, 7), (False, True)):
        sampler.set_epoch(epoch)
        theirs = list(DataLoader(dataset, 4, sampler=sampler, drop_last=drop_last))
        ours = list(loader.batches(dataset, loader.epoch_order(5, epoch, 23), 4, drop_last))
        assert len(ours) == len(theirs)
        for a, b in zip(ours, theirs):
            assert torch.equal(a[0], b[0])
            assert torch.equal(a[1], b[1])
            assert a[1].dtype == b[1].dtype


def test_epoch_order_is_a_permutation_that_changes_with_seed_and_epoch():
    orders = {tuple(loader.epoch_order(seed, epoch, 50).tolist()) for seed in range(4) for epoch in range(4)}
    assert len(orders) == 16
    assert all(sorted(order) == list(range(50)) for order in orders)
    torch.rand(3)  # 别处用掉随机数，不影响顺序
    assert tuple(loader.epoch_order(0, 0, 50).tolist()) in orders


@pytest.mark.parametrize("sizes", [[16, 16, 16, 16], [64], [30, 30, 4]])
def test_accumulated_gradient_weighted_by_size_equals_the_large_batch(sizes):
    x, y = torch.randn(64, 8, generator=generator(0)), torch.randint(4, (64,), generator=generator(1))
    accumulated, whole = small_net(), small_net()
    F.cross_entropy(whole(x), y).backward()
    for part_x, part_y in zip(x.split(sizes), y.split(sizes)):
        (F.cross_entropy(accumulated(part_x), part_y) * len(part_x) / len(x)).backward()
    for a, b in zip(accumulated.parameters(), whole.parameters()):
        torch.testing.assert_close(a.grad, b.grad, atol=1e-6, rtol=1e-5)


# ---- 卷积


def conv_case(seed: int):
    """随机的一组卷积设置与输入；核张开后一定放得进补零后的图。"""
    kernel, stride, padding, dilation, groups = choose(
        seed, (1, 2, 3, 5), (1, 2, 3), (0, 1, 2, 3), (1, 2, 3), (1, 2, 4)
    )
    in_group, out_group, has_bias = choose(seed + 1000, (1, 2, 3), (1, 2), (False, True))
    g = generator(seed)
    smallest = max(1, dilation * (kernel - 1) + 1 - 2 * padding)
    height, width = (smallest + int(torch.randint(6, (), generator=g)) for _ in range(2))
    x = torch.randn(2, groups * in_group, height, width, generator=g)
    weight = torch.randn(groups * out_group, in_group, kernel, kernel, generator=g)
    bias = torch.randn(groups * out_group, generator=g) if has_bias else None
    return x, weight, bias, stride, padding, dilation, groups


def test_both_convolutions_equal_torch_for_random_settings():
    for seed in range(120):
        case = conv_case(seed)
        expected = F.conv2d(*case)
        for ours in (layers.conv2d_loops, layers.conv2d):
            torch.testing.assert_close(ours(*case), expected, atol=1e-5, rtol=1e-5, msg=f"seed={seed} {ours.__name__}")


def test_gradients_of_the_matrix_convolution_equal_torch():
    for seed in range(20):
        x, weight, bias, *settings = conv_case(seed)
        inputs = [x.requires_grad_(), weight.requires_grad_(), *([bias.requires_grad_()] if bias is not None else [])]
        outputs = [conv(x, weight, bias, *settings) for conv in (layers.conv2d, F.conv2d)]
        upstream = torch.randn(outputs[0].shape, generator=generator(seed))
        ours, reference = (torch.autograd.grad(out, inputs, upstream) for out in outputs)
        for a, b in zip(ours, reference):
            torch.testing.assert_close(a, b, atol=2e-5, rtol=1e-5, msg=f"seed={seed}")


def test_unfold_equals_torch():
    for seed in range(30):
        x, weight, _, stride, padding, dilation, _ = conv_case(seed)
        kernel = weight.shape[-1]
        expected = F.unfold(x, kernel, dilation, padding, stride)
        assert torch.equal(layers.unfold(x, kernel, stride, padding, dilation), expected)


def test_a_transposed_input_is_read_through_its_own_strides():
    x = torch.randn(2, 3, 7, 5, generator=generator(0)).transpose(2, 3)
    weight = torch.randn(4, 3, 3, 3, generator=generator(1))
    torch.testing.assert_close(layers.conv2d(x, weight), F.conv2d(x, weight), atol=1e-5, rtol=1e-5)
    x = x.contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(layers.conv2d(x, weight), F.conv2d(x, weight), atol=1e-5, rtol=1e-5)


def test_convolution_is_linear_in_its_input():
    x, y = torch.randn(2, 1, 3, 8, 8, generator=generator(0), dtype=torch.float64)
    weight = torch.randn(4, 3, 3, 3, generator=generator(1), dtype=torch.float64)
    torch.testing.assert_close(
        layers.conv2d(2 * x - 3 * y, weight), 2 * layers.conv2d(x, weight) - 3 * layers.conv2d(y, weight)
    )


def test_a_1x1_convolution_is_a_linear_layer_at_every_pixel():
    x, weight = torch.randn(2, 5, 4, 6, generator=generator(0)), torch.randn(7, 5, generator=generator(1))
    at_pixels = F.linear(x.permute(0, 2, 3, 1), weight).permute(0, 3, 1, 2)
    torch.testing.assert_close(layers.conv2d(x, weight[:, :, None, None]), at_pixels, atol=1e-5, rtol=1e-5)


def test_shifting_the_input_shifts_the_output_except_at_the_zero_padded_border():
    x, weight = torch.randn(1, 2, 10, 10, generator=generator(0)), torch.randn(3, 2, 3, 3, generator=generator(1))
    moved_after = layers.conv2d(x, weight, padding=1).roll(1, dims=3)
    moved_before = layers.conv2d(x.roll(1, dims=3), weight, padding=1)
    torch.testing.assert_close(moved_before[..., 2:-1], moved_after[..., 2:-1], atol=1e-6, rtol=1e-5)
    assert (moved_before - moved_after).abs().max() > 0.1


def test_a_kernel_larger_than_the_padded_image_is_refused():
    with pytest.raises(ValueError, match="核的跨度 5"):
        layers.conv2d(torch.zeros(1, 1, 4, 4), torch.zeros(1, 1, 3, 3), dilation=2)
    with pytest.raises(ValueError, match="groups"):
        layers.conv2d(torch.zeros(1, 4, 4, 4), torch.zeros(2, 4, 3, 3), groups=2)


def test_output_size_equals_what_torch_returns():
    for seed in range(60):
        x, weight, _, stride, padding, dilation, groups = conv_case(seed)
        shape = F.conv2d(x, weight, None, stride, padding, dilation, groups).shape[2:]
        kernel = weight.shape[-1]
        assert tuple(layers.output_size(s, kernel, stride, padding, dilation) for s in x.shape[2:]) == tuple(shape)


def test_conv_cost_counts_what_torch_allocates():
    conv = nn.Conv2d(6, 16, 5, groups=2)
    cost = layers.conv_cost(6, 16, 5, out_size=10, groups=2)
    assert cost["parameters"] == sum(p.numel() for p in conv.parameters())
    assert cost["macs"] == conv.weight.numel() * 100


# ---- 池化


@pytest.mark.parametrize(("kernel", "stride", "padding"), [(2, None, 0), (3, 2, 1), (3, 1, 1), (2, 3, 1), (4, 2, 2)])
def test_pooling_equals_torch(kernel, stride, padding):
    x = torch.randn(2, 3, 9, 8, generator=generator(0)) - 3  # 几乎全负：补 0 的最大池化会露馅
    assert torch.equal(layers.max_pool2d(x, kernel, stride, padding), F.max_pool2d(x, kernel, stride, padding))
    torch.testing.assert_close(layers.avg_pool2d(x, kernel, stride, padding), F.avg_pool2d(x, kernel, stride, padding))


def test_global_pooling_equals_torch():
    x = torch.randn(2, 3, 9, 8, generator=generator(0))
    torch.testing.assert_close(layers.global_avg_pool2d(x), F.adaptive_avg_pool2d(x, 1).flatten(1))


def test_pooling_with_too_much_padding_is_refused():
    for pool in (layers.max_pool2d, layers.avg_pool2d):
        with pytest.raises(ValueError, match="kernel/2=1"):
            pool(torch.zeros(1, 1, 4, 4), 2, padding=2)


# ---- BatchNorm


def random_batch_norms(channels: int, **options):
    """参数与滑动统计量都不平凡的一对：手写的与 torch 的。"""
    reference = nn.BatchNorm2d(channels, **options)
    g = generator(0)
    with torch.no_grad():
        reference.weight.copy_(torch.randn(channels, generator=g))
        reference.bias.copy_(torch.randn(channels, generator=g))
        reference.running_mean.copy_(torch.randn(channels, generator=g))
        reference.running_var.copy_(torch.rand(channels, generator=g) + 0.5)
    ours = layers.BatchNorm2d(channels, **options)
    ours.load_state_dict(reference.state_dict())  # 键与形状都相同
    return ours, reference


@pytest.mark.parametrize("options", [{}, {"eps": 0.1}, {"momentum": 0.5}, {"momentum": 1.0, "eps": 1e-3}])
def test_batch_norm_equals_torch_in_both_modes_with_running_statistics(options):
    ours, reference = random_batch_norms(5, **options)
    for step in range(4):
        x = 3 + 2 * torch.randn(4, 5, 3, 3, generator=generator(step))
        torch.testing.assert_close(ours(x), reference(x), atol=1e-5, rtol=1e-5)
    for name, buffer in reference.state_dict().items():
        torch.testing.assert_close(ours.state_dict()[name], buffer, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(ours.eval()(x), reference.eval()(x), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("training", [True, False])
def test_batch_norm_gradients_equal_torch(training):
    ours, reference = random_batch_norms(5)
    grads = []
    for module in (ours.train(training), reference.train(training)):
        x = torch.randn(4, 5, 3, 3, generator=generator(1)).requires_grad_()
        (module(x) * torch.randn(4, 5, 3, 3, generator=generator(2))).sum().backward()
        grads.append([x.grad, module.weight.grad, module.bias.grad])
    for a, b in zip(*grads):
        torch.testing.assert_close(a, b, atol=1e-5, rtol=1e-5)


def test_closed_form_gradient_equals_autograd_and_finite_differences():
    g = generator(3)
    x = torch.randn(4, 3, 2, 5, generator=g, dtype=torch.float64).requires_grad_()
    gamma, beta = (torch.randn(3, generator=g, dtype=torch.float64).requires_grad_() for _ in range(2))
    upstream = torch.randn(x.shape, generator=g, dtype=torch.float64)
    y = layers.batch_norm_train(x, gamma, beta)[0]
    expected = torch.autograd.grad(y, (x, gamma, beta), upstream)
    for a, b in zip(layers.batch_norm_backward(upstream, x.detach(), gamma.detach()), expected):
        torch.testing.assert_close(a, b)
    assert torch.autograd.gradcheck(lambda *args: layers.batch_norm_train(*args)[0], (x, gamma, beta))


def test_gradient_through_batch_norm_has_no_mean_and_no_component_along_x_hat():
    x, upstream = torch.randn(2, 8, 3, 4, 4, generator=generator(0), dtype=torch.float64)
    grad = layers.batch_norm_backward(upstream, x, torch.ones(3, dtype=torch.float64), eps=0.0)[0]
    x_hat = (x - x.mean((0, 2, 3), keepdim=True)) / x.var((0, 2, 3), correction=0, keepdim=True).sqrt()
    assert grad.sum((0, 2, 3)).abs().max() < 1e-12
    assert (grad * x_hat).sum((0, 2, 3)).abs().max() < 1e-12


def test_training_batch_norm_ignores_shift_and_scale_of_its_input():
    x = torch.randn(8, 3, 4, 4, generator=generator(0), dtype=torch.float64)
    gamma, beta = torch.ones(3, dtype=torch.float64), torch.zeros(3, dtype=torch.float64)
    expected = layers.batch_norm_train(x, gamma, beta, eps=0.0)[0]
    torch.testing.assert_close(layers.batch_norm_train(7 * x + 100, gamma, beta, eps=0.0)[0], expected)


def test_a_convolution_bias_before_batch_norm_changes_nothing_and_gets_no_gradient():
    conv, bn = nn.Conv2d(3, 8, 3).double(), layers.BatchNorm2d(8).double()
    x = torch.randn(4, 3, 8, 8, generator=generator(0), dtype=torch.float64)
    out = bn(conv(x))
    (out * torch.randn(out.shape, generator=generator(1), dtype=torch.float64)).sum().backward()
    assert conv.bias.grad.abs().max() < 1e-12 < conv.weight.grad.abs().max()
    with torch.no_grad():
        conv.bias.add_(10)
    torch.testing.assert_close(bn(conv(x)), out)


def test_in_eval_mode_an_image_never_depends_on_its_batch():
    ours, _ = random_batch_norms(3)
    x = torch.randn(6, 3, 4, 4, generator=generator(0))
    assert torch.equal(ours.eval()(x)[2:3], ours(x[2:3]))
    assert not torch.allclose(ours.train()(x)[2:3], ours(x[2:3]), atol=0.1)


def test_one_value_per_channel_cannot_be_normalized():
    with pytest.raises(ValueError, match="至少要 2 个数"):
        layers.BatchNorm2d(3)(torch.zeros(1, 3, 1, 1))
    layers.BatchNorm2d(3).eval()(torch.zeros(1, 3, 1, 1))


# ---- 折叠


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"bias": False, "padding": 1},
        {"stride": 2, "padding": 2, "dilation": 2},
        {"groups": 4},
        {"padding": 1, "padding_mode": "circular"},
        {"padding": "same"},
    ],
)
@pytest.mark.parametrize("affine", [True, False])
def test_folded_convolution_equals_convolution_then_batch_norm_in_eval_mode(options, affine):
    conv, bn = nn.Conv2d(4, 8, 3, **options), nn.BatchNorm2d(8, affine=affine)
    for step in range(3):
        bn(3 * torch.randn(4, 8, 5, 5, generator=generator(step)) + 1)
    if affine:
        nn.init.normal_(bn.weight), nn.init.normal_(bn.bias)
    before = {name: value.clone() for name, value in nn.Sequential(conv, bn).state_dict().items()}
    folded = layers.fold_bn(conv, bn.eval())
    x = torch.randn(2, 4, 9, 9, generator=generator(9))
    torch.testing.assert_close(folded(x), bn(conv(x)), atol=1e-5, rtol=1e-5)
    assert all(torch.equal(before[name], value) for name, value in nn.Sequential(conv, bn).state_dict().items())


def test_folding_our_batch_norm_works_too_and_mismatched_layers_are_refused():
    ours, _ = random_batch_norms(8)
    conv, x = nn.Conv2d(3, 8, 3), torch.randn(2, 3, 6, 6, generator=generator(0))
    torch.testing.assert_close(layers.fold_bn(conv, ours.eval())(x), ours(conv(x)), atol=1e-5, rtol=1e-5)
    with pytest.raises(ValueError, match="不是前后相接"):
        layers.fold_bn(nn.Conv2d(3, 4, 3), ours)
    with pytest.raises(ValueError, match="track_running_stats"):
        layers.fold_bn(conv, nn.BatchNorm2d(8, track_running_stats=False))


# ---- LeNet、感受野、脚本


@pytest.mark.parametrize(("size", "parameters"), [(8, 21_386), (28, 61_706), (32, 61_706)])
def test_lenet_takes_the_three_sizes_and_has_the_stated_parameters(size, parameters):
    model = lenet.LeNet(image_size=size)
    assert model(torch.zeros(2, 1, size, size)).shape == (2, 10)
    assert sum(p.numel() for p in model.parameters()) == parameters
    with_bn = lenet.LeNet(num_classes=3, in_channels=3, image_size=size, batch_norm=True, classic=True)
    assert with_bn(torch.zeros(2, 3, size, size)).shape == (2, 3)
    assert all(m.bias is None for m in with_bn.modules() if isinstance(m, nn.Conv2d))


def test_lenet_of_28_pixels_is_lenet_of_32_with_the_frame_around():
    small, large = lenet.LeNet(image_size=28), lenet.LeNet(image_size=32)
    large.load_state_dict(small.state_dict())
    x = torch.randn(2, 1, 28, 28, generator=generator(0))
    torch.testing.assert_close(large(F.pad(x, (2, 2, 2, 2))), small(x), atol=1e-6, rtol=1e-5)


def test_the_original_lenet_has_exactly_60000_trainable_parameters():
    """LeCun et al. 1998 第 II.B 节：S2、S4 每张图 2 个参数，C3 照表 I 部分连接，输出层的 RBF 固定不学。"""
    table_1 = 6 * 3 + 9 * 4 + 1 * 6  # C3 的 16 张图各看几张 S2 的图
    c3 = table_1 * 25 + 16
    total = 6 * 26 + 6 * 2 + c3 + 16 * 2 + 120 * (16 * 25 + 1) + 84 * 121
    assert (c3, total) == (1516, 60_000)


def test_lenet_refuses_other_sizes():
    with pytest.raises(ValueError, match="先缩放到 32"):
        lenet.LeNet(image_size=224)


def test_receptive_field_of_strided_layers_equals_the_reach_of_the_gradient():
    script = importlib.import_module("ResNet.4_convolution")
    for seed in range(10):
        settings = [tuple(choose(seed * 10 + i, (1, 2, 3, 5), (1, 2))) for i in range(3)]
        model = nn.Sequential(*(nn.Conv2d(1, 1, kernel, stride) for kernel, stride in settings))
        for module in model:
            nn.init.constant_(module.weight, 1.0)
        reach = (script.measured_field(model, 48) > 0).any(dim=0).nonzero()
        assert int(reach.max() - reach.min()) + 1 == layers.receptive_field(settings)[-1][0], settings


def test_training_lab_smoke(tmp_path, capsys):
    result = importlib.import_module("ResNet.3_training").main(["--smoke", "--out", str(tmp_path)])
    assert result["loader_equals_order"]
    assert result["global_rng_depends_on_workers"]
    assert not result["own_rng_depends_on_workers"]
    assert abs(result["initial_loss"] - math.log(10)) < 0.15
    assert result["overfit_loss"] < 0.01 < 2 < result["overfit_loss_zero_input"]
    assert max(result[f"{name}_gap"] for name in ("sgd", "adam", "adamw")) < 1e-6
    assert result["accumulation_gap"] < 1e-5 < 0.1 < result["accumulation_gap_bn"]
    assert result["rerun_gap"] == 0
    assert result["resume_gap_complete"] == 0 < min(result["resume_gap_no_optimizer"], result["resume_gap_no_step"])
    assert set(load_state(tmp_path / "half.safetensors")) == {"step", "seed", "model", "optimizer"}
    assert capsys.readouterr().out.splitlines()[-1].startswith("RESULT ")


def test_convolution_lab_smoke(tmp_path, capsys):
    result = importlib.import_module("ResNet.4_convolution").main(["--smoke", "--out", str(tmp_path)])
    assert max(result[name] for name in result if name.startswith(("conv_", "bn_"))) < 1e-5
    assert result["field_formula"] == result["field_measured"]
    assert result["shift_gap_circular"] < 1e-5 < 0.1 < result["shift_gap_zeros_border"]
    assert result["shift_gap_zeros_inside"] < 1e-5
    assert result["fold_gap"] < 1e-5
    assert "model" in load_state(tmp_path / "lenet.safetensors")
    assert capsys.readouterr().out.splitlines()[-1].startswith("RESULT ")
