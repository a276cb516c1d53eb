"""对照实验：尺子量得对（准确率、内存、遗忘），做过的不重做，脚本与图跑得通。"""

import json
import math
import multiprocessing
import os
from dataclasses import asdict, replace
from functools import cache, partial

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.functional import cross_entropy

from book import read_result
from TrainAndFinetune import compare, figures_compare
from TrainAndFinetune.base import tiny_model
from TrainAndFinetune.methods import METHODS, trainable
from TrainAndFinetune.small import load_small
from TrainAndFinetune.task import make_rows, measures, score, trial
from TrainAndFinetune.tuning import Example, collate, encode_example, render

CPU = torch.device("cpu")
TRIAL = trial.Trial(
    "small", "lora", 1e-3, train_rows=24, dev_rows=12, test_rows=12, tokens_per_batch=600, precision="fp32"
)


@cache
def tokenizer():
    return load_small()[1]


def tiny(method: str = "full"):
    """2 层的随机模型，词表是小模型的，装上一种方法。"""
    return METHODS[method](tiny_model(vocab_size=2560))


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 500), st.data())
def test_the_wilson_interval_contains_the_proportion_and_stays_inside_zero_and_one(n, data):
    k = data.draw(st.integers(0, n))
    low, high = measures.wilson(k, n)
    assert 0 <= low <= k / n + 1e-9
    assert k / n - 1e-9 <= high <= 1
    for p in (low, high):  # 定义：|p̂ - p| = z √(p (1-p) / n)
        if 1e-6 < p < 1 - 1e-6:
            assert abs(k / n - p) == pytest.approx(1.959964 * math.sqrt(p * (1 - p) / n))


@pytest.mark.parametrize("method", ["full", "lora", "prefix", "prompt"])
def test_one_forward_pass_says_where_greedy_writing_would_first_differ(method):
    """标准答案就取模型自己写的：没有错；改第 k 个词元：第一处错就在第 k 个。"""
    model = tiny(method).eval()
    prompt = tokenizer()("<bos><start_of_turn>user\n怎么吃<end_of_turn>\n", add_special_tokens=False).input_ids
    ids = list(prompt)
    for _ in range(8):
        with torch.inference_mode():
            ids.append(model(input_ids=torch.tensor([ids]), use_cache=False).logits[0, -1].argmax().item())
    examples = [Example(ids, [-100] * len(prompt) + ids[len(prompt) :])]
    for k in (0, 3, 7):
        labels = list(examples[0].labels)
        labels[len(prompt) + k] += 1
        examples.append(Example([*ids, 9], [*labels, -100]))  # 长一格：填充不影响
    assert measures.first_errors(model, collate(examples, 0), False)[0].tolist() == [-1, 0, 3, 7]


def test_greedy_writing_agrees_with_the_count_on_the_shipped_model():
    """训练几步（有对有错），真的写出来的对错，与一次前向数的相同。"""
    model, _ = load_small()
    rows = make_rows("train", 4)
    examples = [encode_example(tokenizer(), row["messages"]) for row in rows]
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    for _ in range(25):
        loss, _ = trial.answer_loss(model, collate(examples[:2], 0))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    counted = (measures.first_errors(model.eval(), collate(examples, 0), False)[0] < 0).tolist()
    prompts = [render(row["messages"][:1], add_generation_prompt=True) for row in rows]
    written = [score(measures.write(model, tokenizer(), prompt), row) for prompt, row in zip(prompts, rows)]
    assert counted == written
    assert 0 < sum(written) < len(written)
    assert trial.grade(model, tokenizer(), examples, False)["right"] == sum(written)


def test_an_error_inside_the_intent_is_told_from_one_in_a_slot(monkeypatch):
    row = {"messages": [{"role": "user", "content": "岚宁怎么吃"}, {"role": "assistant", "content": ""}]}
    row["messages"][1]["content"] = '{"意图":"用法用量","药名":"岚宁"}'
    example = encode_example(tokenizer(), row["messages"])
    answer = [label for label in example.labels if label != -100]
    texts = [tokenizer().decode(answer[: i + 1]) for i in range(len(answer))]
    last_of_intent = next(i for i, text in enumerate(texts) if text.count('"') >= 4)
    for first, expected in ((0, 1), (last_of_intent, 1), (last_of_intent + 1, 0), (-1, 0)):
        monkeypatch.setattr(measures, "first_errors", lambda *_, first=first: (torch.tensor([first]), 1.0, 1))
        assert trial.grade(tiny(), tokenizer(), [example], False)["intent_errors"] == expected


def test_perplexity_is_the_exponential_of_the_mean_loss_over_all_tokens():
    model, text = tiny().eval(), "注意力的内存随长度平方增长；" * 4
    ids = torch.tensor([[2, *tokenizer()(text).input_ids]])
    loss = cross_entropy(model(input_ids=ids[:, :-1]).logits[0], ids[0, 1:])
    assert measures.perplexity(model, tokenizer(), text, False) == pytest.approx(loss.exp().item(), rel=1e-5)


# ---------------------------------------------------------------- 内存


def test_live_bytes_counts_storages_not_views_and_forgets_the_dead():
    existing = torch.zeros(10)
    with measures.LiveBytes([existing, existing.view(2, 5)]) as live:
        assert live.bytes == 40
        x = torch.ones(100)  # +400
        y = x.view(10, 10).T[:3]  # 视图
        z = x + 1  # +400
        assert (live.bytes, live.peak) == (840, 840)
        del z
        w = y.contiguous()  # +120
        assert (live.bytes, live.peak) == (560, 840)
        del x, y, w
        assert live.bytes == 40


def test_the_peak_of_a_linear_step_equals_the_hand_count():
    """W (100, 100)，x (20, 100)，AdamW：权重、梯度、两份状态各 40000 字节，再加输入、输出与输出的梯度。"""
    layer, x = torch.nn.Linear(100, 100, bias=False), torch.ones(20, 100)
    optimizer = torch.optim.AdamW(layer.parameters(), foreach=False)

    def step():
        optimizer.zero_grad()
        layer(x).sum().backward()
        optimizer.step()

    fixed = 4 * 40_000
    peak = measures.peak_bytes(layer, step)
    assert fixed + 40_000 <= peak <= fixed + 2 * 40_000 + 20_000  # 更新时还有一两个同形的临时张量
    assert measures.peak_bytes(layer, step) == peak  # 同样的一步，同样的数
    assert measures.optimizer_bytes(optimizer) == 80_000


@pytest.mark.parametrize("method", sorted(METHODS))
def test_optimizer_bytes_are_eight_per_trained_parameter(method):
    model = tiny(method)
    examples = [encode_example(tokenizer(), row["messages"]) for row in make_rows("train", 6)]
    report = trial.train(model, replace(TRIAL, method=method, lr=1e-3), examples, 0)
    assert report["optimizer_bytes"] == 8 * sum(p.numel() for p in trainable(model).values())
    assert report["peak_bytes"] > sum(p.nbytes for p in model.parameters())


def test_training_fewer_parameters_takes_less_memory_and_less_disk():
    examples = [encode_example(tokenizer(), row["messages"]) for row in make_rows("train", 6)]
    peak, disk = {}, {}
    for method in ("full", "lora", "prompt"):
        model = tiny(method)
        peak[method] = trial.train(model, TRIAL, examples, 0)["peak_bytes"]
        disk[method] = measures.disk_bytes(model)
    assert peak["full"] > peak["lora"]
    assert disk["full"] > disk["lora"] > disk["prompt"]


# ---------------------------------------------------------------- 试验


def test_measuring_the_memory_leaves_the_training_untouched(monkeypatch):
    examples = [encode_example(tokenizer(), row["messages"]) for row in make_rows("train", 12)]
    weights = []
    for peak in (measures.peak_bytes, lambda model, step: 0):
        monkeypatch.setattr(measures, "peak_bytes", peak)
        model = tiny("full")
        trial.train(model, TRIAL, examples, 0)
        weights.append([p.clone() for p in model.parameters()])
    assert all(torch.equal(a, b) for a, b in zip(*weights))


def test_every_method_sees_the_same_batches_and_another_seed_sees_others():
    examples = [encode_example(tokenizer(), row["messages"]) for row in make_rows("train", 30)]

    def seen(**changes):
        t = replace(TRIAL, epochs=2, **changes)
        return [batch["input_ids"].tolist() for batch in trial.batches(t, examples, 0, CPU)]

    assert seen() == seen(method="full", lr=1.0)
    assert seen() != seen(seed=1)
    assert len({json.dumps(batch) for batch in seen()}) > len(seen()) // 2  # 第二轮重新打乱


def test_the_learning_rate_warms_up_to_the_given_one_and_falls_towards_zero():
    rates = [trial.rate(replace(TRIAL, lr=2.0), i, 50) for i in range(50)]
    assert rates[:5] == pytest.approx([0.4, 0.8, 1.2, 1.6, 2.0])
    assert max(rates) == 2.0
    assert rates[5:] == sorted(rates[5:], reverse=True)
    assert 0 < rates[-1] < 0.05
    assert trial.rate(TRIAL, 0, 1) > 0


def test_few_shot_examples_stand_in_the_prompt_and_only_the_last_answer_counts():
    shots, row = make_rows("train", 2), make_rows("dev", 1)[0]
    example, alone = trial.few_shot(tokenizer(), row, shots), encode_example(tokenizer(), row["messages"])
    kept = [label for label in example.labels if label != -100]
    assert kept == [label for label in alone.labels if label != -100]
    text = tokenizer().decode(example.ids)
    assert all(shot["messages"][1]["content"] in text for shot in shots)


def test_finished_trials_are_read_and_only_the_missing_ones_run(tmp_path, monkeypatch):
    ran = []

    def run_trial(t, *args):
        if len(ran) == 2:
            raise KeyboardInterrupt
        ran.append(t.key)
        return {"accuracy": t.lr}

    monkeypatch.setattr(trial, "run_trial", run_trial)
    trials = [replace(TRIAL, lr=lr) for lr in (0.1, 0.2, 0.3)]
    run_one = partial(trial.finished, out=tmp_path, texts={}, device=CPU)
    with pytest.raises(KeyboardInterrupt):
        [run_one(t) for t in trials]
    assert sorted(path.stem for path in (tmp_path / "runs").iterdir()) == sorted(ran)
    monkeypatch.setattr(trial, "run_trial", lambda t, *args: {"accuracy": -1.0})
    assert [run_one(t)["accuracy"] for t in trials] == [0.1, 0.2, -1.0]


def test_every_setting_of_a_trial_is_in_its_name():
    changed = [replace(TRIAL, **{f: v}) for f, v in {"lr": 2e-3, "options": (("init", "random"),), "clip": 2.0}.items()]
    assert len({t.key for t in (TRIAL, *changed)}) == 4


def test_the_best_learning_rate_is_chosen_on_dev_and_ties_go_to_the_lower_loss():
    plan = compare.Plan(TRIAL, ("lora",), seeds=3)
    grades = {3e-4: (0.5, 0.1), 1e-3: (0.7, 0.4), 3e-3: (0.7, 0.3), 1e-2: (0.1, 0.0)}
    found = [
        {"dev": {"accuracy": a, "eval_loss": loss}, "test": {"accuracy": 1 - a}, "trial": asdict(replace(TRIAL, lr=lr))}
        for lr, (a, loss) in grades.items()
    ]
    assert compare.best_of(found) is found[2]
    assert compare.repeats(plan, "lora", found) == [replace(TRIAL, lr=3e-3, seed=seed) for seed in (1, 2)]


def test_the_planned_runs_are_what_the_docstring_says():
    plan = compare.plan_for(compare.options(["--full"]), "bf16")
    trials = {variant: compare.trials_of(plan, variant) for variant in plan.variants}
    assert [len(trials[variant]) for variant in compare.MAIN] == [4] * 6
    assert plan.seeds == 3
    gemma = compare.plan_for(compare.options(["--model", "gemma"]), "bf16")
    assert [len(compare.trials_of(gemma, variant)) for variant in gemma.variants] == [3, 4, 4, 4]
    keys = [trial.key for variant in trials.values() for trial in variant]
    assert len(set(keys)) == len(keys)
    assert trials["prefix-long"][0] == replace(trials["prefix"][2], epochs=5)
    assert trials["prefix-random"][0] == replace(trials["prefix"][1], options=(*compare.SOFT, ("init", "random")))


def test_workers_share_the_trials_and_stop_when_their_parent_is_gone(monkeypatch):
    done, threads, counter = [], torch.get_num_threads(), multiprocessing.Value("i", 0)
    compare.work([1, 2, 3], done.append, os.getppid() + 1, counter)
    assert done == []
    assert compare.take(counter) == 0  # 另一个进程取走了第一个
    compare.work([1, 2, 3], done.append, os.getppid(), counter)
    torch.set_num_threads(threads)
    assert done == [2, 3]


def test_another_seed_starts_the_adapter_elsewhere():
    def start(method, seed):
        t = replace(TRIAL, method=method, seed=seed, options=(("init", "random"),) if method == "prefix" else ())
        return torch.cat([p.flatten() for p in trainable(trial.prepare(tiny_model(), t, None)).values()])

    for method in ("lora", "adapter", "prefix"):
        assert torch.equal(start(method, 0), start(method, 0))
        assert not torch.equal(start(method, 0), start(method, 1))


def test_soft_prefixes_start_from_the_instruction_unless_told_otherwise():
    start = {}
    for options in ((), (("init", "random"),)):
        model, _ = load_small()
        t = replace(TRIAL, method="prompt", options=options)
        start[options] = trial.prepare(model, t, tokenizer()).prompt.vectors.detach()
        table = model.model.embed_tokens.weight.detach() * 160**0.5
    near = torch.cdist(start[()], table).min(1).values
    far = torch.cdist(start[(("init", "random"),)], table).min(1).values
    assert near.max() < 0.1 < far.min()


def test_the_comparison_runs_and_the_second_run_only_reads(tmp_path, capsys, monkeypatch):
    compare.main(["--smoke", "--out", str(tmp_path)])
    first = read_result(capsys.readouterr().out)
    monkeypatch.setattr(trial, "run_trial", None)  # 再训练就会出错
    compare.main(["--smoke", "--out", str(tmp_path)])
    assert read_result(capsys.readouterr().out) == first
    assert [row["variant"] for row in first["rows"]] == ["lora", "prefix"]
    for row in first["rows"]:
        assert row["optimizer_bytes"] == row["optimizer_formula"]
        assert row["low"] <= row["accuracy"] <= row["high"]


def test_the_figures_are_drawn(tmp_path, capsys):
    figures_compare.main(["--out", str(tmp_path)])
    assert sorted(path.stem for path in tmp_path.iterdir()) == sorted(figures_compare.FIGURES)
