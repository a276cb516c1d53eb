"""训练之外的实验：重做几次、退化、速度；以及精度怎样随硬件选。"""

import doctest

import pytest
import torch

from book import read_result
from ResNet import bench, degradation, splits, train
from ResNet.recipes import recipe_for

CPU = torch.device("cpu")


def test_the_spread_of_splits_and_of_seeds_are_told_apart():
    assert doctest.testmod(splits).failed == 0


def test_repeating_the_training_fills_a_table_of_splits_and_seeds(tmp_path, capsys):
    splits.main(["--smoke", "--seed", "4", "--device", "cpu", "--out", str(tmp_path)])
    result = read_result(capsys.readouterr().out)
    assert [list(row) for row in result["rows"]] == [["split", "seed4", "seed5"]] * 2
    assert result["low"] <= result["mean"] <= result["high"]
    assert {path.name for path in tmp_path.iterdir()} == {f"split{i}_seed{j}" for i in (0, 1) for j in (4, 5)}


def test_the_degradation_lab_trains_all_four_networks_and_draws_them(tmp_path, capsys):
    degradation.main(["--smoke", "--device", "cpu", "--out", str(tmp_path)])
    result = read_result(capsys.readouterr().out)
    assert [row["model"] for row in result["rows"]] == list(degradation.NETWORKS) == list(result["curves"])
    assert (tmp_path / "degradation.png").is_file()


def test_the_bench_compares_equal_outputs_in_two_rows_a_task(tmp_path, capsys):
    bench.main(["--smoke", "--device", "cpu", "--only", "resnet20", "--out", str(tmp_path)])
    result = read_result(capsys.readouterr().out)
    assert [(row["task"], row["setting"]) for row in result["rows"]] == [
        (task, setting) for task in ("training", "inference") for setting in ("same", "best")
    ]
    same, best = result["rows"][2:]
    assert same["ours_error"] == 0
    assert best["ours_error"] < 0.05  # bf16 的舍入；fp32 时小于 1e-6


@pytest.mark.parametrize(("supported", "precision"), [(True, "bf16"), (False, "fp32")])
def test_auto_precision_asks_the_hardware(monkeypatch, supported, precision):
    monkeypatch.setattr(train, "has_fast_bf16", lambda device: supported)
    assert train.settle_precision(recipe_for("cifar10"), CPU).precision == precision


def test_slow_bf16_is_done_as_asked_with_a_warning(monkeypatch, capsys):
    monkeypatch.setattr(train, "has_fast_bf16", lambda device: False)
    assert train.settle_precision(recipe_for("digits", precision="bf16"), CPU).precision == "bf16"
    assert "没有 bf16 指令" in capsys.readouterr().out


def test_the_bench_tries_bf16_only_where_the_hardware_has_it():
    tried = {bf16: bench.candidates("inference", with_compile=True, bf16=bf16) for bf16 in (True, False)}
    assert {flags.bf16 for flags in tried[False]} == {"no"}
    assert {flags.bf16 for flags in tried[True]} == {"no", "autocast", "weights"}
