"""第 4 章 `Transformer/` 的脚本：跑得通，手算的数对，反例确实只错在说的那一处，记录与公式相同。"""

import json
import math
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from book import read_result, repository_root
from CS336.Transformer import AdamW, RMSNorm, RotaryEmbedding, accounting, pitfalls, wrong_parts
from CS336.Transformer import figures_transformer as figures
from CS336.Transformer import lab_transformer as lab
from CS336.Transformer.convert import pair_order

RESULTS = repository_root() / "CS336" / "Transformer" / "results"


@pytest.fixture(autouse=True)
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    yield
    torch.set_num_threads(threads)


def recorded(name: str) -> dict:
    return json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))["metrics"]


@pytest.fixture(scope="module")
def numbers():
    """实验脚本跑一次，几个测试共用。"""
    return lab.main(["--smoke", "--device", "cpu"])


def test_the_numbers_worked_by_hand_are_right(numbers):
    assert numbers["rms_norm"] == pytest.approx([3 / math.sqrt(12.5), 4 / math.sqrt(12.5)])
    assert numbers["layer_norm"] == pytest.approx([-1, 1])
    assert numbers["rotated"] == pytest.approx([math.cos(1), math.sin(1)])
    assert numbers["four_channels"] == pytest.approx([math.cos(1), math.sin(1), math.cos(0.01), math.sin(0.01)])
    assert numbers["dot_3_1"] == pytest.approx(math.sin(2), abs=1e-6)
    assert numbers["dot_7_5"] == pytest.approx(math.sin(2), abs=1e-6)
    assert numbers["dot_1_3"] == pytest.approx(-math.sin(2), abs=1e-6)
    assert numbers["gated"] == pytest.approx([3 / (1 + math.exp(-1)), -4 / (1 + math.exp(2))])
    assert numbers["loss"] == pytest.approx(math.log(math.exp(2) + math.exp(1) + 1) - 2, rel=1e-5)
    assert sum(numbers["gradient"]) == pytest.approx(0, abs=1e-6)
    first, second = numbers["adamw"]
    assert first["w"] == pytest.approx(0.899)
    moved = 0.1 * (-0.005 / 0.19) / math.sqrt(0.00049975 / (1 - 0.999**2))
    assert second["w"] == pytest.approx(0.899 * 0.999 - moved, rel=1e-6)


def test_the_gaps_to_torch_and_llama_are_rounding(numbers):
    for name in (
        "softmax",
        "silu",
        "attention",
        "cross_entropy",
        "rms_norm",
        "adamw",
        "llama",
        "llama_gradient",
        "cache",
    ):
        assert numbers[f"{name}_gap"] < 1e-5, name
    assert numbers["future_gap"] == 0
    assert numbers["llama_unordered_gap"] > 0.1


def test_the_recorded_numbers_are_those_of_the_script(numbers):
    old = recorded("lab_transformer")
    assert old.keys() == numbers.keys()
    assert old["flow"] == numbers["flow"]
    for name, value in numbers.items():
        if isinstance(value, float) and not name.endswith("_gap"):
            assert old[name] == pytest.approx(value, rel=1e-4), name


def test_the_flow_has_the_shapes_of_the_formulas(numbers):
    shapes = {row["module"]: row["output"] for row in numbers["flow"]}
    assert shapes["layers.0.attn.rope"] == "(2, 16, 8, 32)"
    assert shapes["layers.0.ffn.w1"] == "(2, 8, 1344)"
    assert shapes["logits"] == "(2, 8, 10000)"
    assert not any(name.startswith("layers.1") for name in shapes)


def test_the_recorded_accounts_are_those_of_the_formulas():
    record = recorded("accounting")
    assert record["batch"] == 1
    for row in record["rows"]:
        expected = accounting.account(accounting.SHAPES[row["name"]])
        assert {k: v for k, v in row.items() if k != "name"} == pytest.approx(expected, rel=1e-5), row["name"]


def test_all_figures_are_drawn_the_same_twice(tmp_path, capsys):
    figures.main(["--out", str(tmp_path)])
    drawn = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert drawn.keys() == {f"{name}.png" for name in figures.FIGURES}
    kept = repository_root() / "CS336" / "Transformer" / "figures"
    assert drawn.keys() == {path.name for path in kept.glob("*.png")}
    assert read_result(capsys.readouterr().out)["figures"] == len(drawn)


# ---- 反例


@pytest.fixture(scope="module")
def small_pitfalls():
    return pitfalls.main(["--smoke", "--device", "cpu"])


def test_every_pitfall_is_trained_and_recorded(small_pitfalls):
    assert [row["pitfall"] for row in small_pitfalls["rows"]] == list(pitfalls.TRAINED)
    old = recorded("pitfalls")
    assert [row["pitfall"] for row in old["rows"]] == list(pitfalls.TRAINED)
    assert old.keys() == small_pitfalls.keys()
    assert old["steps"] == pitfalls.Size().steps


def test_the_recorded_pitfalls_show_what_the_note_says():
    rows = {row["pitfall"]: row for row in recorded("pitfalls")["rows"]}
    correct = rows["correct"]["valid_loss"]
    assert rows["unshifted"]["train_loss"] < 0.05
    assert rows["unshifted"]["valid_loss"] > math.log(256)
    for name in ("two_ahead", "coupled_decay", "short_text"):
        assert rows[name]["valid_loss"] > correct + 1, name
    assert rows["short_text"]["seen_loss"] < rows["correct"]["seen_loss"]
    assert recorded("pitfalls")["mixed_pairs_loss"] > correct + 1
    assert abs(rows["half_pairs"]["valid_loss"] - correct) < 0.1


def test_overflow_and_eps_do_the_recorded_damage(small_pitfalls):
    """这几张表不训练，冒烟时算的就是记录里的。"""
    old = recorded("pitfalls")
    for key in ("overflow", "eps", "float16"):
        for now, before in zip(small_pitfalls[key], old[key]):
            assert now == pytest.approx(before, rel=0.02, abs=0.005), key
    assert all(row["right"] == 0 for row in old["overflow"])
    assert old["zero_row_bad"] == [1.0, 0.0]


def test_every_pitfall_names_a_test_that_exists():
    text = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_cs336_*.py"))
    for name, (_, caught_by) in pitfalls.TRAINED.items():
        assert name == "correct" or f"def {caught_by}(" in text, name


def test_the_two_parts_of_the_text_do_not_overlap():
    """没见过的文字接在训练文字之后；里面的长片段在训练文字里找不到。"""
    size = pitfalls.Size()
    train, valid, _ = (bytes(part.tolist()) if torch.is_tensor(part) else part for part in pitfalls.read_bytes(size))
    assert (len(train), len(valid)) == (size.train, size.valid)
    pieces = [valid[i : i + 200] for i in range(0, len(valid) - 200, 200)]
    assert sum(piece in train for piece in pieces) <= 2


def test_the_evaluation_counts_every_next_byte_once():
    model, data = pitfalls.new_model(pitfalls.SMOKE, 0), torch.arange(100) % 7
    losses = []
    for start in range(0, 90, 10):
        piece = data[start : start + 10]
        losses.append(F.cross_entropy(model(piece[None, :-1])[0], piece[1:]).item())
    assert pitfalls.next_token_loss(model, data[:90], 9) == pytest.approx(sum(losses) / 9, rel=1e-5)


def test_the_three_kinds_of_targets_differ_only_in_their_distance():
    rows = torch.arange(20).view(2, 10)
    for targets, distance in (
        (wrong_parts.shifted_targets, 1),
        (wrong_parts.unshifted_targets, 0),
        (wrong_parts.targets_two_ahead, 2),
    ):
        x, y = targets(rows)
        assert torch.equal(y, x + distance)
        assert x.shape == (2, 8)


def test_coupled_decay_is_adam_with_l2_in_the_gradient():
    ends = []
    for kind in (wrong_parts.AdamCoupled, torch.optim.Adam, AdamW):
        w = nn.Parameter(torch.linspace(-1, 1, 5))
        optimizer = kind([w], lr=0.05, weight_decay=0.3)
        for step in range(6):
            w.grad = torch.cos(torch.arange(5.0) + step)
            optimizer.step()
        ends.append(w.detach())
        assert optimizer.param_groups[0]["weight_decay"] == 0.3
    torch.testing.assert_close(ends[0], ends[1])
    assert not torch.allclose(ends[0], ends[2], atol=1e-3)


def test_half_pairs_are_the_neighbouring_pairs_in_another_order():
    x, order = torch.randn(2, 3, 7, 8), pair_order(8)
    half, neighbours = wrong_parts.HalfRotary(8, 16), RotaryEmbedding(8, 16)
    torch.testing.assert_close(half(x[..., order]), neighbours(x)[..., order])
    positions = torch.tensor([3, 1, 4, 1, 5, 9, 2])
    torch.testing.assert_close(half(x[..., order], positions), neighbours(x, positions)[..., order])


def test_wrong_parts_are_right_on_easy_inputs():
    x, targets = torch.randn(4, 6), torch.tensor([0, 1, 2, 3])
    torch.testing.assert_close(wrong_parts.softmax_without_max(x), F.softmax(x, -1))
    torch.testing.assert_close(wrong_parts.cross_entropy_through_softmax(x, targets), F.cross_entropy(x, targets))
    for norm in (wrong_parts.norm_eps_outside, wrong_parts.norm_without_upcast, wrong_parts.norm_right):
        torch.testing.assert_close(norm(x), RMSNorm(6)(x).detach(), atol=1e-4, rtol=1e-4, check_dtype=False)
