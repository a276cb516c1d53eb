"""resnet.py 与 torchvision 逐项相同；CIFAR 版与论文相同。"""

import pytest
import torch
import torchvision
from torch import nn
from torch.nn import functional as F

from ResNet import fuse
from ResNet.fuse import fold_model, fuse_model
from ResNet.resnet import (
    MODELS,
    BasicBlock,
    Bottleneck,
    PadShortcut,
    count_parameters,
    plain20,
    resnet18,
    resnet20,
    resnet50,
    resnet56,
)

IMAGENET = ["resnet18", "resnet34", "resnet50", "resnet101", "resnet152"]
# 论文表 6 的参数量（百万），四舍五入到两位
PAPER_MILLIONS = {"resnet20": 0.27, "resnet32": 0.46, "resnet44": 0.66, "resnet56": 0.85, "resnet110": 1.73}


def on_meta(build, **options):
    with torch.device("meta"):
        return build(**options)


@pytest.mark.parametrize("name", IMAGENET)
def test_state_dict_keys_order_and_shapes_equal_torchvision(name):
    ours = on_meta(MODELS[name]).state_dict()
    theirs = on_meta(getattr(torchvision.models, name)).state_dict()
    assert list(ours) == list(theirs)
    assert [v.shape for v in ours.values()] == [v.shape for v in theirs.values()]


@pytest.mark.parametrize("name", IMAGENET)
def test_parameter_counts_equal_torchvision(name):
    assert count_parameters(on_meta(MODELS[name])) == count_parameters(on_meta(getattr(torchvision.models, name)))


@pytest.mark.parametrize(("name", "millions"), PAPER_MILLIONS.items())
def test_cifar_parameter_counts_round_to_the_papers(name, millions):
    assert round(count_parameters(on_meta(MODELS[name])) / 1e6, 2) == millions
    assert count_parameters(on_meta(MODELS[name])) == count_parameters(on_meta(MODELS[name.replace("resnet", "plain")]))


def twins(name: str, **options):
    """我们的模型与 torchvision 的模型，权重相同（严格装载）；每个残差块的 γ 都不是 0。"""
    torch.manual_seed(0)
    theirs = getattr(torchvision.models, name)(**options)
    for module in theirs.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.uniform_(module.bias, -0.5, 0.5)
            module.running_mean.uniform_(-0.5, 0.5)
            module.running_var.uniform_(0.5, 1.5)
    ours = MODELS[name](**options)
    ours.load_state_dict(theirs.state_dict(), strict=True)
    return ours, theirs


def relative_error(ours: torch.Tensor, theirs: torch.Tensor) -> float:
    return ((ours - theirs).norm() / theirs.norm().clamp(min=1e-12)).item()


@pytest.mark.parametrize("name", ["resnet18", "resnet34", "resnet50", "resnet101", "resnet152"])
@torch.inference_mode()
def test_eval_outputs_equal_torchvision_with_its_weights(name):
    ours, theirs = twins(name, num_classes=7)
    x = torch.randn(2, 3, 64, 64)
    assert relative_error(ours.eval()(x), theirs.eval()(x)) <= 1e-5


@pytest.mark.parametrize("name", ["resnet18", "resnet50"])
def test_training_gradients_and_statistics_equal_torchvision(name):
    ours, theirs = (model.double().train() for model in twins(name, num_classes=7))
    x, y = torch.randn(4, 3, 64, 64, dtype=torch.float64), torch.tensor([0, 1, 2, 3])
    for model in (ours, theirs):
        F.cross_entropy(model(x), y).backward()
    for (key, a), (_, b) in zip(ours.named_parameters(), theirs.named_parameters()):
        assert relative_error(a.grad, b.grad) <= 1e-5, key
    for (key, a), (_, b) in zip(ours.named_buffers(), theirs.named_buffers()):
        assert relative_error(a.double(), b.double()) <= 1e-5, key


def test_float32_training_gradients_equal_torchvision():
    ours, theirs = (model.train() for model in twins("resnet18", num_classes=7))
    x, y = torch.randn(8, 3, 64, 64), torch.arange(8) % 7
    for model in (ours, theirs):
        F.cross_entropy(model(x), y).backward()
    ours_all = torch.cat([p.grad.flatten() for p in ours.parameters()])
    theirs_all = torch.cat([p.grad.flatten() for p in theirs.parameters()])
    assert relative_error(ours_all, theirs_all) <= 1e-5


def test_zero_init_makes_every_block_relu_of_its_shortcut():
    model = resnet50(num_classes=3, zero_init_residual=True).train()
    for module in model.modules():
        if isinstance(module, Bottleneck):
            x = torch.randn(2, module.conv1.in_channels, 8, 8)
            shortcut = x if module.downsample is None else module.downsample(x)
            assert torch.equal(module(x), F.relu(shortcut))


def test_zeroed_plain_blocks_forget_their_input_but_residual_blocks_keep_it():
    x = torch.rand(2, 16, 8, 8)
    for build, kept in ((resnet20, True), (plain20, False)):
        block = build(zero_init_residual=True).layer1[1]
        assert torch.equal(block(x), x) == kept  # x >= 0，所以 relu(x) = x


def test_option_a_shortcut_samples_and_pads_without_parameters():
    shortcut = PadShortcut(stride=2, extra_channels=16)
    x = torch.randn(2, 16, 8, 8)
    out = shortcut(x)
    assert count_parameters(shortcut) == 0
    assert torch.equal(out[:, 8:24], x[:, :, ::2, ::2])
    assert out[:, :8].abs().sum() == out[:, 24:].abs().sum() == 0


@pytest.mark.parametrize("size", [32, 33, 97])
def test_any_image_size_from_32_up_works(size):
    x = torch.randn(1, 3, size, size)
    with torch.inference_mode():
        assert resnet18(num_classes=4).eval()(x).shape == (1, 4)
        assert resnet56(num_classes=4).eval()(x).shape == (1, 4)


def test_training_never_changes_the_input_in_place():
    x = torch.randn(2, 3, 32, 32)
    before = x.clone()
    resnet20()(x).sum().backward()
    assert torch.equal(x, before)


def test_channels_last_changes_speed_not_results():
    torch.manual_seed(0)
    model, x = resnet20().double().eval(), torch.randn(2, 3, 32, 32, dtype=torch.float64)
    with torch.inference_mode():
        plain = model(x)
        last = model.to(memory_format=torch.channels_last)(x.contiguous(memory_format=torch.channels_last))
    torch.testing.assert_close(plain, last, rtol=1e-10, atol=1e-10)


def test_a_block_of_changed_shape_without_downsample_fails_loudly():
    with pytest.raises(RuntimeError, match="size of tensor"):
        BasicBlock(16, 32, stride=2)(torch.randn(1, 16, 8, 8))


@pytest.mark.parametrize("name", ["resnet18", "resnet50", "resnet20", "plain20"])
@pytest.mark.parametrize("change", [fold_model, fuse_model])
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_deployed_models_have_no_batchnorm_and_the_same_outputs(name, change, layout):
    torch.manual_seed(0)
    model, x = MODELS[name](num_classes=5), torch.randn(4, 3, 48, 48)
    model(x)  # 训练模式走一次，让滑动统计量离开 0 与 1
    deployed = change(model).to(memory_format=layout)
    with torch.inference_mode():
        expected, got = model.eval()(x), deployed(x.contiguous(memory_format=layout))
    assert relative_error(got, expected) <= 1e-5
    assert not any(isinstance(m, nn.BatchNorm2d) for m in deployed.modules())
    assert model.training is False
    assert any(isinstance(m, nn.BatchNorm2d) for m in model.modules()), "原模型被改了"


def test_without_the_fused_operator_the_results_are_the_same(monkeypatch):
    model, x = resnet20().eval(), torch.randn(2, 3, 32, 32)
    fused = fuse_model(model)
    with torch.inference_mode():
        fast = fused(x)
        monkeypatch.setattr(fuse, "FUSED_OPERATOR", False)
        assert relative_error(fused(x), fast) <= 1e-5
