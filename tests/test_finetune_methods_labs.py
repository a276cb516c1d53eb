"""笔记 5、6、7 的脚本：冒烟跑通，算出来的数与公式、与记录相符，学得会的学会了。"""

import copy
import importlib
import json

import pytest
import torch

from book import UserError, read_result, repository_root
from TrainAndFinetune.methods import COUNTS, add_lora, add_prefix, toy
from TrainAndFinetune.methods.counts import GEMMA_270M

CHAPTER = repository_root() / "TrainAndFinetune"


def smoke(name, tmp_path, capsys):
    """在本进程里跑 `--smoke`，返回 RESULT。"""
    importlib.import_module(f"TrainAndFinetune.{name}").main(["--smoke", "--out", str(tmp_path)])
    return read_result(capsys.readouterr().out)


def test_the_adapter_lab_runs_and_counts_like_the_formulas(tmp_path, capsys):
    result = smoke("5_adapter_prefix", tmp_path, capsys)
    assert result["counts"] == {name: COUNTS[name](GEMMA_270M) for name in result["counts"]}
    assert result["counts"]["full"] == 268_098_176
    for name in ("adapter", "ia3", "norms"):
        assert result["initial"][name] == result["initial"]["base"]
    assert max(result["words"].values()) <= 1e-4
    assert result["wrong"]["mask"] == result["wrong"]["base"]  # 掩码补 0 等于没有前缀


def test_the_lora_lab_runs_and_shows_what_both_zero_means(tmp_path, capsys):
    result = smoke("6_lora", tmp_path, capsys)
    first = result["first_step"]
    assert first["right"]["loss"] == first["both_zero"]["loss"] != first["both_random"]["loss"]
    assert first["both_zero"]["grad_A"] == first["both_zero"]["grad_B"] == first["right"]["grad_A"] == 0
    assert first["right"]["grad_B"] > 0
    assert result["merge"]["gap"] <= 1e-5
    assert result["bf16_adapter"]["bfloat16"] > result["bf16_adapter"]["float32"]
    assert result["memory"]["7B_full_float32"]["sum"] == 112


def test_the_peft_lab_runs_and_both_sides_agree(tmp_path, capsys):
    pytest.importorskip("peft")
    result = smoke("7_peft", tmp_path, capsys)
    for row in result["training"].values():
        assert row["parameters"] == row["peft_parameters"]
        assert row["gap"] <= 1e-5
    assert result["merge"]["ours"] == 0
    assert result["mixed"]["gap"] <= 1e-5
    assert {row["ours"] for row in result["generate"].values()} == {1.0}


@pytest.fixture
def peft_lab():
    pytest.importorskip("peft")
    return importlib.import_module("TrainAndFinetune.7_peft")


def test_every_peft_model_is_built_from_the_settings_the_note_shows(peft_lab, monkeypatch):
    """笔记的练习：两边都改层，个数照式 (6.2)、损失逐步相同；只改 peft 那边就拒绝。"""
    peft, base, asked = peft_lab.library(), toy.load_toy(), []
    original = peft_lab.peft_config
    monkeypatch.setattr(peft_lab, "peft_config", lambda peft, name: asked.append(name) or original(peft, name))
    for name in peft_lab.OURS:
        ours, theirs = peft_lab.both(peft, base, name)
        ids = toy.batch("compose", 2, toy.seeded("both"))
        with torch.no_grad():
            assert torch.allclose(peft_lab.loss_of(ours, ids), peft_lab.loss_of(theirs, ids), atol=1e-5)
    assert asked == list(peft_lab.OURS)
    two = ["q_proj", "v_proj"]
    narrow = peft.LoraConfig(r=4, lora_alpha=8, target_modules=two, task_type="CAUSAL_LM")
    monkeypatch.setattr(peft_lab, "peft_config", lambda peft, name: narrow)
    with pytest.raises(UserError, match="改同样的层"):
        peft_lab.both(peft, base, "lora")
    monkeypatch.setattr(peft_lab, "OURS", {"lora": lambda model, seed: add_lora(model, 4, 8, targets=two, seed=seed)})
    row = peft_lab.part_training(peft, base, 2)["lora"]
    assert row["parameters"] == row["peft_parameters"] == 2496
    assert row["gap"] <= 1e-5


def test_another_seed_gives_other_initial_values_on_both_sides(peft_lab):
    base = toy.load_toy()
    zero, one = (peft_lab.both(peft_lab.library(), base, "lora", seed)[0] for seed in (0, 1))
    key = "model.layers.0.self_attn.q_proj.lora_A.default"
    assert not torch.equal(zero.get_parameter(key), one.get_parameter(key))


@pytest.mark.parametrize("name", ["5_adapter_prefix", "6_lora", "7_peft"])
def test_a_device_the_small_base_does_not_use_is_refused(name):
    with pytest.raises(UserError, match="去掉 --device") as caught:
        importlib.import_module(f"TrainAndFinetune.{name}").main(["--smoke", "--device", "cuda"])
    assert "\n" not in str(caught.value)


def test_the_bench_times_both_sides(tmp_path, capsys):
    result = smoke("bench_lora", tmp_path, capsys)
    assert result["float32"]["pairs"] == 3
    assert result["saved_mb"]["ours"] <= result["saved_mb"]["peft"]


def test_the_small_base_knows_its_tasks_and_not_the_new_ones():
    base = toy.load_toy()
    for task in toy.KNOWN:
        assert toy.evaluate(base, task, 128)["token"] > 0.99
    for task in toy.TASKS:
        assert toy.evaluate(base, task, 128)["exact"] < 0.05


def test_lora_learns_in_a_few_steps_and_a_prefix_follows_its_demonstration():
    base = toy.load_toy()
    model, score = toy.adapted(base, lambda m: add_lora(m, 4, 8), "elicit", toy.Effort(40), 1e-2)
    assert score["token"] > 0.8
    demonstration = toy.batch("reverse", 1, toy.seeded("test"))[0]
    ids = toy.batch("reverse", 32, toy.seeded("test ids"))
    prefixed = add_prefix(copy.deepcopy(base), len(demonstration), init_ids=demonstration)
    with torch.no_grad():
        right = toy.answer_logits(prefixed, ids).argmax(-1) == ids[:, -toy.LENGTH :]
    assert right.float().mean() > 0.95


def test_a_missing_small_base_says_how_to_make_it(monkeypatch, tmp_path):
    monkeypatch.setattr(toy, "WEIGHTS", tmp_path / "none.safetensors")
    with pytest.raises(UserError, match=r"toy\.py"):
        toy.load_toy()


@pytest.mark.parametrize("name", ["5_adapter_prefix", "6_lora", "7_peft"])
def test_the_recorded_run_supports_what_the_note_says(name):
    metrics = json.loads((CHAPTER / "results" / f"{name}.json").read_text(encoding="utf-8"))["metrics"]
    if name == "5_adapter_prefix":
        assert metrics["best"]["elicit"]["prefix_random"] > 0.9  # 唤起已会的，前缀够用
        assert max(metrics["best"]["compose"][n] for n in ("prefix", "prompt", "prefix_random", "prompt_random")) < 0.3
        assert metrics["wrong"]["positions"] < metrics["wrong"]["right"]
    if name == "6_lora":
        assert metrics["inits"]["both_zero"]["token"] < 0.1 < 0.9 < metrics["inits"]["right"]["token"]
        assert metrics["merge"]["forgot_alpha_over_r"] < 0.5 * metrics["merge"]["merged"]
        assert metrics["rates"]["best_rate"]["lora"] > metrics["rates"]["best_rate"]["full"]
    if name == "7_peft":
        assert max(row["gap"] for row in metrics["training"].values()) <= 1e-4
        assert metrics["generate"]["prefix"]["peft"] < 0.5
