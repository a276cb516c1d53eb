"""生成的实验脚本与图：跑得通，第二次读存下的模型，公式等于数出来的，反例错在说的那一处。"""

from dataclasses import replace

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from book import read_result
from CS336 import figures_generate, lab_generate
from CS336.small_writer import SMOKE, Writer
from CS336.Transformer import TransformerLM
from CS336.Transformer.accounting import Shape
from CS336.Transformer.generate import keep_top_p


@pytest.fixture(autouse=True)
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.mark.parametrize("cached", [True, False])
def test_the_counted_flops_equal_those_of_torch(cached):
    """逐词喂 6 个词：公式与 torch 的计数器。"""
    model, ids = TransformerLM(23, 12, d_model=16, num_layers=2, num_heads=2), torch.zeros(1, 6, dtype=torch.long)
    cache = model.new_cache()
    with FlopCounterMode(display=False) as counter, torch.inference_mode():
        for t in range(6):
            model(ids[:, t : t + 1], cache=cache) if cached else model(ids[:, : t + 1])
    shape = Shape(23, 12, 16, 2, 2, len(model.layers[0].ffn.w1.weight))
    row = lab_generate.part_flops((6,), shape)["flops"][0]
    assert counter.get_total_flops() == row["cached" if cached else "full"]


def test_repeated_four_grams_are_counted_by_hand():
    assert lab_generate.repeated([1, 2, 3, 4, 5]) == 0
    assert lab_generate.repeated([1, 1, 1, 1, 1, 1]) == pytest.approx(2 / 3)  # 三个四元组，只有一种


def test_dropping_the_border_token_keeps_one_less_than_the_right_rule():
    logits = 3 * torch.randn(100, 23, generator=torch.Generator().manual_seed(1))
    right, wrong = keep_top_p(logits, 0.9), lab_generate.drop_the_border(logits, 0.9)
    assert torch.equal(right.isfinite().sum(-1) - 1, wrong.isfinite().sum(-1))
    assert (wrong.isfinite() <= right.isfinite()).all()


def test_the_lab_runs_and_reads_its_own_model_the_second_time(tmp_path, capsys):
    lab_generate.main(["--smoke", "--out", str(tmp_path)])
    first = capsys.readouterr().out
    lab_generate.main(["--smoke", "--out", str(tmp_path)])
    second = capsys.readouterr().out
    assert "同样的设置训练过" in second
    assert "同样的设置训练过" not in first
    once, again = (read_result(out) | {"unseeded_same": 0} for out in (first, second))
    assert once == again
    assert once["same_tokens"] == 1
    assert [row["name"] for row in once["settings"]][-1] == "真实的文字"


def test_a_model_trained_otherwise_is_trained_again(tmp_path, capsys):
    size = replace(SMOKE, characters=5_000, vocab_size=270, steps=2)
    for seed, again in ((0, False), (0, True), (1, False)):
        Writer(size, seed, tmp_path)
        assert ("训练过" in capsys.readouterr().out) == again


def test_the_figures_are_drawn(tmp_path, capsys):
    figures_generate.main(["--out", str(tmp_path)])
    assert sorted(path.stem for path in tmp_path.iterdir()) == sorted(figures_generate.FIGURES)
