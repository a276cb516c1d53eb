"""笔记 5 的实验：手算的数、块的雅可比矩阵、刚初始化的网络，以及脚本本身。"""

import doctest
import importlib

import pytest
import torch
from torch import nn

from book import read_result
from ResNet import figures_resnet
from ResNet.data import load_dataset
from ResNet.pitfalls import accuracy
from ResNet.resnet import MODELS, BasicBlock, plain20, resnet20

lab = importlib.import_module("ResNet.5_resnet")


@pytest.fixture(scope="module")
def batch():
    data = load_dataset("digits")
    return data.normalize(data.test_images[:32]), data.test_labels[:32]


def test_the_examples_in_the_docstrings_are_true():
    assert doctest.testmod(lab).failed == 0


def test_multiply_adds_equal_the_hand_count_and_torchvisions_figures():
    macs = {row["model"]: row["macs"] for row in lab.part_sizes()["sizes"]}
    # 首层、三个阶段（参数 x 位置数）、线性层
    assert macs["resnet20"] == 432 * 1024 + 13824 * 1024 + 50688 * 256 + 202752 * 64 + 640 == macs["plain20"]
    billions = {name: round(macs[name] / 1e9, 2) for name in ("resnet18", "resnet34", "resnet50", "resnet101")}
    assert billions == {"resnet18": 1.81, "resnet34": 3.66, "resnet50": 4.09, "resnet101": 7.8}
    assert len(macs) == len(MODELS)


def test_stage_rows_of_a_model_sum_to_its_parameters_and_remove_their_hooks():
    model = resnet20()
    rows = lab.stage_rows(model, torch.zeros(2, 3, 32, 32))
    assert sum(row["parameters"] for row in rows) == 269722
    assert rows[-1]["shape"] == (2, 10)
    assert not any(module._forward_hooks for module in model.modules())


def test_the_gradient_through_the_sum_is_the_identity_plus_the_branch():
    block = BasicBlock(2, 2).double().eval()
    nn.init.constant_(block.bn2.bias, 5.0)  # 输出全为正：最后的 ReLU 不截断
    plain = nn.Sequential(block.conv1, block.bn1, nn.ReLU(), block.conv2, block.bn2)
    x = torch.rand(1, 2, 4, 4, dtype=torch.float64)
    whole = torch.autograd.functional.jacobian(block, x).view(32, 32)
    branch = torch.autograd.functional.jacobian(plain, x).view(32, 32)
    torch.testing.assert_close(whole, torch.eye(32, dtype=torch.float64) + branch, rtol=0, atol=1e-12)


def test_the_same_seed_gives_plain_and_residual_networks_the_same_weights():
    states = []
    for build in (plain20, resnet20):
        torch.manual_seed(0)
        states.append(build().state_dict())
    assert all(torch.equal(a, b) for a, b in zip(*(state.values() for state in states)))


def test_without_shortcuts_the_first_gradient_explodes_and_the_second_step_is_frozen(batch):
    plain = lab.signal("plain", 56, *batch, seed=0)
    residual = lab.signal("resnet", 56, *batch, seed=0)
    assert plain["gradients"][0] > 10 * residual["gradients"][0]
    assert plain["relative_steps"][0] > 1 > 100 * plain["relative_steps"][1]


def test_zero_initialised_depth_changes_nothing(batch):
    found = lab.part_zero_init(batch[0], depth=32)["zero_init"]
    assert found["equal"] == found["blocks"] == 9 + 16
    assert found["same_as_resnet20"]


def test_removing_a_zero_initialised_block_changes_nothing(batch):
    model = resnet20(in_channels=1, zero_init_residual=True).eval()
    broken = lab.without_block(model, "layer2", 1)
    assert torch.equal(model(batch[0]), broken(batch[0]))
    assert accuracy(model, *batch) == accuracy(broken, *batch)


def test_the_lab_and_its_figures_run_in_smoke_mode(tmp_path, capsys):
    lab.main(["--smoke", "--device", "cpu"])
    result = read_result(capsys.readouterr().out)
    assert len(result["signal"]) == 6
    assert len(result["lesion"]) == 7
    figures_resnet.main(["--smoke", "--out", str(tmp_path)])
    assert {"5_signal.png", "5_gradcam.png"} <= {path.name for path in tmp_path.iterdir()}
