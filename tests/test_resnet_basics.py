"""第 1 章笔记 1、2：手写的与 torch 相等（对照），以及不论输入都成立的性质。"""

import ast
import doctest
import importlib
import io
import math
import random
import tokenize
from pathlib import Path

import pytest
import torch
from torch import nn

from book import UserError
from ResNet import figures_basics, float_formats, mini_module, scalar_autograd
from ResNet.float_formats import FORMATS, add_repeatedly, decode, round_to_bfloat16, spacing
from ResNet.mini_module import MiniModule
from ResNet.resnet import resnet20
from ResNet.scalar_autograd import Value, central_difference, random_program, run_program

tensors = importlib.import_module("ResNet.1_tensors")
module = importlib.import_module("ResNet.2_module")


def code_lines(file: str, symbols: set[str]) -> int:
    """这些类与函数的代码行数：不计空行、注释、docstring。"""
    source = Path(file).read_text(encoding="utf-8")
    lines, docstrings = set(), set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)):
            if node.name in symbols:
                lines |= set(range(node.lineno, node.end_lineno + 1))
            if ast.get_docstring(node) is not None:
                docstrings |= set(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    skipped = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT)
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    written = {n for t in tokens if t.type not in skipped for n in range(t.start[0], t.end[0] + 1)}
    return len(lines & written - docstrings)


@pytest.mark.parametrize("lesson", [tensors, module, scalar_autograd, mini_module, float_formats, figures_basics])
def test_the_examples_in_the_docstrings_are_true(lesson):
    assert doctest.testmod(lesson).failed == 0


# ---------------------------------------------------------------- 笔记 1


def test_the_hand_written_broadcasting_rule_equals_torch_on_random_shapes():
    rng = random.Random(0)
    refused = 0
    for _ in range(500):
        shapes = [tuple(rng.choice([0, 1, 1, 2, 3]) for _ in range(rng.randrange(5))) for _ in range(rng.randint(1, 3))]
        try:
            expected = tuple(torch.broadcast_shapes(*shapes))
        except RuntimeError:
            refused += 1
            with pytest.raises(ValueError, match="要么相等，要么是 1"):
                tensors.broadcast_shape(*shapes)
        else:
            assert tensors.broadcast_shape(*shapes) == expected
    assert 50 < refused < 450  # 两种结果都真的测到了


def test_the_address_formula_finds_every_element_of_a_view():
    base = torch.arange(120.0).view(2, 3, 4, 5)
    views = [base, base.permute(3, 0, 2, 1), base[:, 1:, ::2], base[1].mT, base[0, 0, 0, :1].expand(4, 1)]
    for view in views:
        for index in torch.cartesian_prod(*(torch.arange(n) for n in view.shape)).view(-1, view.dim()).tolist():
            assert tensors.element(view, *index) == view[tuple(index)].item()


def test_contiguous_strides_equal_torch():
    for shape in [(), (3,), (2, 3, 4), (5, 1, 2, 7), (0, 2, 3)]:
        assert tensors.contiguous_strides(shape) == torch.empty(shape).stride()


def test_a_forgotten_squeeze_makes_the_model_predict_the_mean():
    x, y = tensors.line_data()
    right, wrong = (tensors.fit_line(x, y, squeeze=squeeze) for squeeze in (True, False))
    assert right["r2"] > 0.95
    assert wrong["r2"] == pytest.approx(0, abs=1e-6)
    assert wrong["loss"] == pytest.approx(y.var(correction=0).item(), rel=1e-5)  # 损失停在 y 的方差


def test_the_scalar_engine_has_at_most_sixty_lines():
    assert code_lines(scalar_autograd.__file__, {"Value", "as_value"}) <= 60


def test_the_scalar_engine_equals_torch_on_random_graphs():
    assert max(tensors.engine_error(seed) for seed in range(150)) < 1e-12


def test_the_scalar_engine_equals_central_differences_on_random_graphs():
    for seed in range(60):
        rng = random.Random(seed)
        inputs = [rng.uniform(-2, 2) for _ in range(3)]
        program = random_program(rng, inputs, length=12)
        leaves = [Value(x) for x in inputs]
        run_program(program, leaves).backward()
        numeric = central_difference(
            lambda xs, program=program: run_program(program, list(map(Value, xs))).data, inputs
        )
        assert [leaf.grad for leaf in leaves] == pytest.approx(numeric, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: 3 + x,
        lambda x: 3 - x,
        lambda x: 3 * x,
        lambda x: 3 / x,
        lambda x: -x,
        lambda x: x**0.5,
        lambda x: x**-2,
        lambda x: x**0,
        lambda x: x * x + x,
        lambda x: x - x,
        lambda x: (x - 1.7).relu(),  # 恰在 0 处
    ],
)
def test_each_operator_equals_torch_with_the_number_on_either_side(function):
    ours, reference = Value(1.7), torch.tensor(1.7, dtype=torch.float64, requires_grad=True)
    y, y_reference = function(ours), function(reference)
    y.backward()
    y_reference.backward()
    assert (y.data, ours.grad) == pytest.approx((y_reference.item(), reference.grad.item()), rel=1e-14)


def test_leaf_gradients_accumulate_over_backward_calls_like_torch():
    ours, reference = Value(2.0), torch.tensor(2.0, dtype=torch.float64, requires_grad=True)
    y, y_reference = (ours * ours).exp(), (reference * reference).exp()
    for _ in range(3):
        y.backward()
        y_reference.backward(retain_graph=True)
    assert ours.grad == pytest.approx(reference.grad.item(), rel=1e-14)


def test_a_chain_of_a_hundred_thousand_nodes_needs_no_recursion():
    x = Value(1.0)
    y = x
    for _ in range(100_000):
        y = y + x
    y.backward()
    assert (y.data, x.grad) == (100_001.0, 100_001.0)


def test_every_node_stands_after_its_parents_in_the_topological_order():
    rng = random.Random(1)
    inputs = [1.0, -0.5]
    order = run_program(random_program(rng, inputs, 60), [Value(x) for x in inputs]).ancestors()
    place = {node: i for i, node in enumerate(order)}
    assert len(place) == len(order)
    assert all(place[parent] < place[node] for node in order for parent in node.parents)


def test_the_engine_and_torch_train_the_same_network_step_by_step():
    result = tensors.compare_training(steps=60)
    assert result["loss_difference"] < 1e-12
    assert result["weight_difference"] < 1e-12
    assert result["loss_last"] < result["loss_first"]


def test_gradient_descent_leaves_a_minimum_that_is_steeper_than_two_over_the_step():
    stable, unstable = (tensors.train_with_torch(500, lr=lr)[1] for lr in (0.1, 0.3))
    assert 2 / 0.3 < tensors.sharpness(stable) < 2 / 0.1  # 0.1 停得住，0.3 停不住
    assert tensors.sharpness(unstable) < 2 / 0.3  # 0.3 最后停在更平的地方


def test_central_differences_are_worse_with_a_step_that_is_too_small_or_too_large():
    coarse, best, fine = tensors.difference_errors([1, 5, 12])
    assert best < 1e-9
    assert coarse > 1e-4
    assert fine > 1e-6


# ---------------------------------------------------------------- 笔记 2


def network(base, linear):
    """同一个网络，基类可以换：base 是 nn.Module 或 MiniModule。"""

    class Inner(base):
        def __init__(self):
            super().__init__()
            self.scale = nn.Parameter(torch.ones(3))
            self.register_buffer("mean", torch.zeros(3))

        def forward(self, x):
            return self.scale * (x - self.mean) if self.training else x

    class Net(base):
        def __init__(self):
            super().__init__()
            self.first = Inner()
            self.bias = nn.Parameter(torch.full((3,), 0.5))
            self.hidden_in_a_list = [Inner()]

        def forward(self, x):
            return self.first(x) + self.bias

    return Net()


def test_the_mini_module_registers_what_nn_module_registers():
    ours, reference = network(MiniModule, None), network(nn.Module, None)
    assert [n for n, _ in ours.named_parameters()] == [n for n, _ in reference.named_parameters()]
    assert list(ours.state_dict()) == list(reference.state_dict())
    x = torch.arange(3.0)
    assert torch.equal(ours(x), reference(x))
    assert torch.equal(ours.train(False)(x), reference.train(False)(x))


def test_the_mini_module_has_about_thirty_lines():
    assert code_lines(mini_module.__file__, {"MiniModule"}) <= 33


def test_the_mini_module_names_the_missing_attribute():
    with pytest.raises(AttributeError, match="没有属性 weight"):
        _ = MiniModule().weight


@pytest.mark.parametrize("bias", [True, False])
def test_the_hand_written_linear_equals_nn_linear(bias):
    torch.manual_seed(0)
    ours = module.Linear(7, 5, bias=bias).double()
    reference = nn.Linear(7, 5, bias=bias).double()
    reference.load_state_dict(ours.state_dict())
    x = torch.randn(2, 3, 7, dtype=torch.float64)
    y, y_reference = ours(x), reference(x)
    torch.testing.assert_close(y, y_reference, rtol=1e-12, atol=1e-12)
    y.square().sum().backward()
    y_reference.square().sum().backward()
    for a, b in zip(ours.parameters(), reference.parameters()):
        torch.testing.assert_close(a.grad, b.grad, rtol=1e-12, atol=1e-12)


def test_the_hand_written_linear_starts_from_the_same_weights_as_nn_linear():
    torch.manual_seed(0)
    ours = module.Linear(64, 10)
    torch.manual_seed(0)
    reference = nn.Linear(64, 10)
    for a, b in zip(ours.parameters(), reference.parameters()):
        torch.testing.assert_close(a, b, rtol=1e-6, atol=1e-7)


def test_a_plain_list_hides_the_layers_from_the_optimizer():
    right, wrong = (module.train_spirals(container, steps=150) for container in (nn.ModuleList, list))
    assert right["parameters"] == 3 * 32 + 3 * (32 * 33) + 2 * 33
    assert wrong["parameters"] == 2 * 33
    assert right["loss_last"] < 0.1 < 0.5 < wrong["loss_last"]


def test_buffers_are_saved_and_moved_but_not_trained():
    layer = module.Standardize(torch.tensor([[1.0, 2.0], [3.0, 6.0]]))
    assert list(layer.parameters()) == []
    assert list(layer.state_dict()) == ["mean", "std"]
    assert layer.double().mean.dtype == torch.float64
    assert layer(torch.tensor([[3.0, 6.0]])).tolist() == [[1.0, 1.0]]


def test_only_he_initialisation_keeps_the_variance_through_twenty_relu_layers():
    for name, weight_std in module.INITS.items():
        std = module.mean_stds(weight_std(256), draws=6)[-1]
        assert std == pytest.approx(module.predicted_std(weight_std(256), 20), rel=0.35)
        assert (0.5 < std < 3) == (name == "he")


def test_scaling_the_weights_of_a_relu_network_only_scales_its_output():
    small, large = (module.activation_stds(s, depth=5, width=32) for s in (0.125, 0.25))
    assert [a * 2 ** (i + 1) for i, a in enumerate(small)] == pytest.approx(large, rel=1e-6)


def test_layer_shapes_records_every_leaf_and_removes_its_hooks():
    model = nn.Sequential(nn.Linear(3, 4), nn.Sequential(nn.ReLU(), nn.Linear(4, 2)))
    rows = module.layer_shapes(model, torch.zeros(5, 3))
    assert rows == [("0", "Linear", (5, 4)), ("1.0", "ReLU", (5, 4)), ("1.1", "Linear", (5, 2))]
    with pytest.raises(RuntimeError):
        module.layer_shapes(model, torch.zeros(5, 99))
    assert all(not m._forward_hooks for m in model.modules())


def test_layer_shapes_works_on_the_meta_device():
    with torch.device("meta"):
        rows = module.layer_shapes(resnet20(), torch.zeros(8, 3, 32, 32))
    assert rows[0] == ("conv1", "Conv2d", (8, 16, 32, 32))
    assert rows[-1] == ("fc", "Linear", (8, 10))


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_decoding_by_hand_equals_torch_on_all_65536_bit_patterns(dtype):
    reference = torch.arange(65536).to(torch.int16).view(dtype).double().tolist()
    for bits, expected in enumerate(reference):
        value = decode(bits, *FORMATS[dtype])
        assert value == expected or (math.isnan(value) and math.isnan(expected)), hex(bits)


def test_rounding_to_bfloat16_by_hand_equals_torch_on_random_bit_patterns():
    generator = torch.Generator().manual_seed(0)
    patterns = torch.randint(-(2**31), 2**31, (1_000_000,), generator=generator).to(torch.int32)
    special = torch.tensor([0.0, -0.0, math.inf, -math.inf, math.nan, 257.0, 259.0, 3.4e38, 1e-45])
    x = torch.cat([patterns.view(torch.float32), special])
    ours, reference = round_to_bfloat16(x), x.to(torch.bfloat16).float()
    assert torch.equal(ours.isnan(), reference.isnan())
    assert torch.equal(ours[~ours.isnan()].view(torch.int32), reference[~ours.isnan()].view(torch.int32))


@pytest.mark.parametrize("dtype", list(FORMATS))
def test_the_spacing_formula_gives_the_next_representable_number(dtype):
    for x in (1.0, 1.5, 255.0, 256.0, 0.125, 1000.0):
        start = torch.tensor(x, dtype=dtype)
        following = torch.nextafter(start, torch.tensor(math.inf, dtype=dtype))
        assert (following.double() - start.double()).item() == spacing(x, dtype)


def test_adding_ones_in_bfloat16_stops_at_256():
    assert add_repeatedly(0.0, 1.0, 1000, torch.bfloat16) == 256.0
    assert add_repeatedly(0.0, 1.0, 1000, torch.float32) == 1000.0


def test_small_updates_are_lost_in_bfloat16_weights_but_not_with_autocast():
    options = {"steps": 200, "lr": 1e-4}
    pure = module.train_spirals(dtype=torch.bfloat16, **options)
    mixed = module.train_spirals(autocast=True, **options)
    assert pure["unchanged"] > 0.5
    assert mixed["unchanged"] < 0.01
    assert mixed["loss_last"] < pure["loss_last"]


# ---------------------------------------------------------------- 脚本


@pytest.mark.parametrize("lesson", [tensors, module])
def test_the_lab_runs_in_smoke_mode_and_ends_with_its_result(lesson, capsys):
    result = lesson.main(["--smoke"])
    assert capsys.readouterr().out.splitlines()[-1].startswith("RESULT {")
    assert result


@pytest.mark.parametrize("lesson", [tensors, module])
def test_the_lab_says_that_it_needs_no_gpu(lesson):
    with pytest.raises(UserError, match="只在 CPU 上跑"):
        lesson.main(["--smoke", "--device", "cuda"])


def test_the_figures_are_drawn_into_the_given_folder(tmp_path):
    names = figures_basics.main(["--smoke", "--out", str(tmp_path)])["figures"]
    assert sorted(p.name for p in tmp_path.glob("*.png")) == sorted(names)
