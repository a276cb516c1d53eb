"""第 2 章的实验脚本：消融、反例、速度都跑得通；两边做的是同一件事；每个反例确实错在说的那一处。"""

import importlib

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from book import read_result
from Transformer import ablations, bench, pitfalls, wrong_parts
from Transformer.attention import MultiHeadAttention, causal_mask
from Transformer.transformer import Transformer

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.mark.parametrize(("lab", "key"), [(ablations, "ablation"), (pitfalls, "pitfall")])
def test_a_lab_trains_every_variant(lab, key, capsys):
    lab.main(["--smoke", "--device", "cpu"])
    rows = read_result(capsys.readouterr().out)["rows"]
    assert [row[key] for row in rows] == list(lab.ABLATIONS if key == "ablation" else lab.PITFALLS)


@pytest.mark.parametrize(
    "name", ["1_attention", "2_positions", "3_layers", "4_transformer", "5_training", "6_inference", "7_attention_maps"]
)
def test_a_numbered_lab_runs(name, capsys, tmp_path):
    importlib.import_module(f"Transformer.{name}").main(["--smoke", "--device", "cpu", "--out", str(tmp_path)])
    assert read_result(capsys.readouterr().out)


@pytest.mark.parametrize("cached", [True, False])
def test_the_counted_multiplications_equal_those_of_torch(cached):
    """note 6 的式 (6.7) 与 torch 的计数器：一层宽 256 的解码器，源句 5 个词，写 4 个词。"""
    lab = importlib.import_module("Transformer.6_inference")
    model = Transformer(9, 9, 256, num_heads=4, num_layers=1, d_ff=1024).eval()
    for module in model.attentions().values():
        module.keep_weights = True  # 写开的矩阵乘，计数器才认得
    words, memory, cache = torch.ones(1, 4, dtype=torch.long), torch.zeros(1, 5, 256), model.new_cache()
    with FlopCounterMode(display=False) as counter, torch.inference_mode():
        for t in range(4):
            model.decode(words[:, t : t + 1] if cached else words[:, : t + 1], memory, None, cache if cached else None)
    assert 2 * lab.count_work(5, 4, cached)["multiplications"] == counter.get_total_flops()


def test_the_bench_runs_and_both_sides_write_the_same_words(capsys):
    bench.main(["--smoke", "--device", "cpu"])
    result = read_result(capsys.readouterr().out)
    decoding = [row for row in result["rows"] if "same_output" in row]
    assert len(decoding) == 2
    assert all(row["same_output"] == 1 for row in decoding)
    assert result["padding"]["buckets"] < result["padding"]["random"]


def test_the_bench_compares_the_same_function():
    sizes = bench.SIZES | {"d_model": 16, "num_layers": 1, "d_ff": 32}
    model = bench.new_model(sizes)
    source, target = bench.fake_batch(3, 10, CPU)
    where = target != 0
    reference = bench.Reference(model)
    torch.testing.assert_close(model(source, target, where), reference(source, target, where), atol=1e-5, rtol=1e-4)


def small() -> Transformer:
    torch.manual_seed(0)
    return Transformer(9, 9, 16, 2, 1, 32, dropout=0.0).eval()


@pytest.mark.parametrize("change", [wrong_parts.mask_after_softmax, wrong_parts.no_root, wrong_parts.wrong_norm])
def test_a_wrong_part_changes_the_output(change):
    source, target = torch.tensor([[4, 5, 6]]), torch.tensor([[1, 7, 8]])
    right, wrong = small(), small()
    change(wrong)
    assert not torch.allclose(right(source, target), wrong(source, target), atol=1e-3)


def test_masking_after_the_softmax_loses_weight_on_early_rows():
    module = MultiHeadAttention(8, 2)
    module.__class__ = wrong_parts.MaskAfterSoftmax
    torch.nn.init.zeros_(module.query.weight)  # 分数全是 0：softmax 均分，一行留下的是看得见的比例
    torch.nn.init.zeros_(module.query.bias)
    torch.nn.init.zeros_(module.value.weight)
    torch.nn.init.ones_(module.value.bias)
    torch.nn.init.eye_(module.output.weight)
    torch.nn.init.zeros_(module.output.bias)
    out = module(torch.randn(1, 4, 8), torch.randn(1, 4, 8), causal=True)[0, :, 0]
    torch.testing.assert_close(out, causal_mask(4).float().mean(1))


def test_every_pitfall_names_a_test_that_exists():
    from pathlib import Path

    text = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_transformer_*.py"))
    for name, (_, caught_by) in pitfalls.PITFALLS.items():
        assert name == "correct" or f"def {caught_by}(" in text, name
