"""第 4 章的展望：分块注意力、去重、数据并行、缩放定律；等价、性质、反例，每个脚本的 --smoke。"""

import doctest
import json
import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from book import UserError, read_result, repository_root
from CS336.Outlook import (
    deduplication,
    display,
    distributed,
    figures_outlook,
    flash_attention,
    isoflop,
    memory,
    minhash,
    parallel,
    quality,
    ring,
    scaling_laws,
    tiling,
)

CPU = ["--device", "cpu"]


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def random_inputs(*shape, seed=0, dtype=torch.float32, grad=False):
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(*shape, generator=generator, dtype=dtype).requires_grad_(grad) for _ in range(3)]


# ---- 分块注意力


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize(("T", "block"), [(1, 4), (7, 3), (8, 4), (33, 16), (20, 100)])
def test_tiled_attention_equals_plain_attention_and_torch(T, block, causal):
    q, k, v = random_inputs(2, 3, T, 8)
    ours = tiling.flash_attention(q, k, v, causal, block)
    torch.testing.assert_close(ours, tiling.plain_attention(q, k, v, causal), atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(ours, F.scaled_dot_product_attention(q, k, v, is_causal=causal), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("block", [2, 3, 64])
def test_gradients_by_recomputation_equal_those_of_autograd(block, causal):
    q, k, v = random_inputs(2, 7, 4, dtype=torch.float64, grad=True)
    upstream = torch.randn(q.shape, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    outputs = tiling.flash_attention(q, k, v, causal, block), tiling.plain_attention(q, k, v, causal)
    for ours, other in zip(*(torch.autograd.grad(out, (q, k, v), upstream) for out in outputs)):
        torch.testing.assert_close(ours, other, atol=1e-12, rtol=1e-10)
    assert torch.autograd.gradcheck(lambda *x: tiling.flash_attention(*x, causal, block), (q, k, v))


@given(st.integers(1, 12), st.integers(1, 5), st.floats(-200, 200), st.integers(0, 1000))
@settings(max_examples=30, deadline=None)
def test_adding_a_constant_to_every_score_changes_nothing(T, block, constant, seed):
    generator = torch.Generator().manual_seed(seed)
    scores = torch.randn(T, generator=generator, dtype=torch.float64)
    values = torch.randn(T, 3, generator=generator, dtype=torch.float64)
    expected = torch.softmax(scores, 0) @ values
    out, trace = tiling.online_softmax(scores + constant, values, block)
    torch.testing.assert_close(out, expected, atol=1e-9, rtol=1e-9)
    assert len(trace) == math.ceil(T / block)
    assert [m for m, _ in trace] == sorted(m for m, _ in trace)  # 最大值只增不减


def test_a_future_key_never_changes_a_past_output():
    q, k, v = random_inputs(9, 4)
    before = tiling.flash_attention(q, k, v, True, 4)
    k[6:], v[6:] = 100.0, -100.0
    assert torch.equal(before[:6], tiling.flash_attention(q, k, v, True, 4)[:6])


def test_scores_too_large_for_exp_are_harmless_only_with_the_running_maximum():
    q, k, v = random_inputs(40, 8)
    torch.testing.assert_close(
        tiling.flash_attention(300 * q, k, v, block=16), tiling.plain_attention(300 * q, k, v), atol=1e-4, rtol=1e-4
    )
    assert tiling.forget_the_maximum(300 * q, k, v, 16).isnan().any()
    right = tiling.plain_attention(q, k, v)
    torch.testing.assert_close(tiling.forget_the_maximum(q, k, v, 16), right, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(tiling.forget_to_rescale(q, k, v, 64), right, atol=1e-5, rtol=1e-5)
    assert (tiling.forget_to_rescale(q, k, v, 16) - right).abs().max() > 0.01


def test_memory_of_plain_attention_grows_fourfold_and_of_tiled_attention_at_most_twofold():
    rows = flash_attention.part_memory(torch.Generator().manual_seed(0), (256, 512, 1024))["memory"]
    for small, large in zip(rows, rows[1:]):
        assert large["plain_mb"] > 3.7 * small["plain_mb"]
        assert large["tiled_mb"] < 2.1 * small["tiled_mb"]
    assert rows[-1]["plain_forward_mb"] > 2 * rows[-1]["table_mb"]  # 分数与权重各一张
    assert rows[-1]["tiled_mb"] < rows[-1]["table_mb"]


def test_the_meter_counts_storage_once_and_forgets_what_died():
    with memory.LiveBytes() as meter:
        x = torch.zeros(100)
        y = x.view(10, 10)[2:]  # 视图不占内存
        y += 1  # 就地也不占
        del x
        assert meter.now == 400  # 视图还活着
        del y
        z = torch.zeros(50)
    assert (meter.now, meter.peak) == (z.numel() * 4, 400)
    assert memory.peak_bytes(lambda: torch.ones(10) + 1) == 80


def test_causal_tiles_above_the_diagonal_are_skipped():
    assert flash_attention.part_work(8, 2)["causal_blocks"] == 10 / 16


@pytest.mark.parametrize(("shape", "block", "part"), [((3, 2), 0, "block=0"), ((4, 2), 2, "形状")])
def test_wrong_arguments_of_tiled_attention_are_explained(shape, block, part):
    x = torch.zeros(3, 2)
    with pytest.raises(ValueError, match=part):
        tiling.flash_attention(x, torch.zeros(shape), x, block=block)


# ---- 质量规则与去重


def text_strategy():
    return st.text(st.sampled_from("ab c你好。\n"), min_size=0, max_size=40)


@given(text_strategy(), text_strategy(), text_strategy())
@settings(max_examples=60, deadline=None)
def test_jaccard_equals_that_of_python_sets_of_shingles(start, one, two):
    one, two = start + one, start + two  # 开头相同，交集才不总是空的

    def pieces(text):
        text = " ".join(text.lower().split())
        return {text[i : i + 5] for i in range(max(1, len(text) - 4))}

    a, b = pieces(one), pieces(two)
    assert len(minhash.shingles(one)) == len(a)
    assert minhash.jaccard(minhash.shingles(one), minhash.shingles(two)) == pytest.approx(len(a & b) / len(a | b))


def test_the_minhash_estimate_is_unbiased_within_its_error():
    rng = np.random.default_rng(0)
    for s in (0.2, 0.5, 0.8):
        errors = []
        for seed in range(200):
            a, b, exact = deduplication.sets_with(s, 200, rng)
            assert minhash.jaccard(a, b) == pytest.approx(exact)
            hashes = minhash.MinHash(64, seed)
            errors.append(minhash.estimate(hashes.signature(a), hashes.signature(b)) - exact)
        standard = math.sqrt(s * (1 - s) / 64)
        assert abs(np.mean(errors)) < 4 * standard / math.sqrt(len(errors))
        assert 0.8 < np.std(errors) / standard < 1.2


def test_consecutive_numbers_need_large_multipliers_and_are_fair_after_crc32():
    """随机的集合试不出太弱的哈希族：乘数小的函数不打乱次序，连续的整数才露馅（估计是 0）。"""
    found = deduplication.part_consecutive(40, np.random.default_rng(0))
    assert 0.25 < found["consecutive_direct"] < 0.32  # 两两独立，偏一点
    assert found["consecutive_hashed"] == pytest.approx(1 / 3, abs=0.02)


def test_the_signature_is_the_minimum_of_each_hash_and_a_union_takes_the_smaller():
    hashes, a, b = minhash.MinHash(16, 3), np.array([5, 70, 900]), np.array([8, 70])
    slow = [min((int(x) * int(m) + int(c)) % minhash.PRIME for x in a) for m, c in zip(hashes.a, hashes.b)]
    assert hashes.signature(a).tolist() == slow
    union = hashes.signature(np.union1d(a, b))
    assert np.array_equal(union, np.minimum(hashes.signature(a), hashes.signature(b)))
    assert minhash.estimate(hashes.signature(a), hashes.signature(a)) == 1.0


def test_signatures_do_not_depend_on_the_process():
    """固定的数：换一个进程、换一台机器都该一样；内置的 hash() 做不到。"""
    assert minhash.shingles("abcdefg").tolist() == sorted(minhash.shingles("ABC defg".replace(" ", "")).tolist())
    assert minhash.shingles("abcde").tolist() == [0x8587D865 % minhash.PRIME]  # crc32("abcde")
    found = deduplication.part_salt()
    assert found["stable_similarity"] == 1.0
    assert found["salted_similarity"] < 0.1


@pytest.mark.parametrize("bands", [4, 8, 16])
def test_candidates_are_exactly_the_pairs_that_share_a_band(bands):
    signatures = np.random.default_rng(bands).integers(0, 2, (40, 16))
    rows = 16 // bands
    expected = {
        (i, j)
        for i in range(40)
        for j in range(i + 1, 40)
        if any((signatures[i, k : k + rows] == signatures[j, k : k + rows]).all() for k in range(0, 16, rows))
    }
    assert minhash.candidates(signatures, bands) == expected


def test_the_measured_share_of_candidates_follows_the_s_curve():
    found = deduplication.part_curve(150, np.random.default_rng(0))
    assert found["curve_gap"] < 4 * math.sqrt(0.25 / 150)


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=15))
@settings(deadline=None)  # 忙的机器上一个例子也会超过 0.2 秒
def test_union_find_gives_the_connected_components_with_the_smallest_member_as_root(edges):
    groups, labels = minhash.UnionFind(10), list(range(10))
    for i, j in edges:
        groups.join(i, j)
        low, high = sorted((labels[i], labels[j]))
        labels = [low if label == high else label for label in labels]
    assert [groups.find(i) for i in range(10)] == labels


def test_deduplication_keeps_one_of_each_group_and_every_unrelated_document():
    texts = deduplication.planted(16, seed=1)
    sets = [minhash.shingles(text) for text in [*texts, texts[3], texts[3]]]  # 再加两份一字不差的
    found = minhash.deduplicate(sets, 0.7, 32, minhash.MinHash(128))
    for i, j in found["pairs"]:
        assert minhash.jaccard(sets[i], sets[j]) >= 0.7
    assert {16 + 8, 16 + 9}.isdisjoint(found["kept"])
    alone = [i for i, s in enumerate(sets) if all(minhash.jaccard(s, t) < 0.3 for j, t in enumerate(sets) if j != i)]
    assert alone
    assert set(alone) <= set(found["kept"])
    assert len(found["kept"]) == len(set(found["groups"]))


def test_an_edited_copy_has_the_similarity_that_was_asked_for():
    import random

    rng = random.Random(0)
    words = ["alpha", "beta", "gamma", "delta", "omega", "kappa"] * 10
    text = deduplication.make_document(rng, [f"{w}{i}" for i, w in enumerate(words)], 100)
    for s in (0.9, 0.6):
        copy = deduplication.edited_copy(rng, text, words, s)
        assert s - 0.06 < minhash.jaccard(minhash.shingles(text), minhash.shingles(copy)) <= s


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "too_short"),
        ("a" * 100_001, "too_long"),
        ("{};" * 30, "symbols"),
        ("same line of text\n" * 6, "repeated"),
        ("这是一篇很长的中文。" * 8, "language"),
        ("every rule is happy with this one\nbecause it is plain English prose\n", None),
    ],
)
def test_each_rule_drops_what_it_is_meant_to_drop(text, reason):
    assert quality.reason_to_drop(text, quality.Rules(most_han=0.2)) == reason


@pytest.mark.parametrize("call", [lambda: minhash.MinHash(0), lambda: minhash.candidates(np.zeros((2, 10)), 3)])
def test_wrong_arguments_of_minhash_are_explained(call):
    with pytest.raises(ValueError, match="count=0|bands=3"):
        call()


# ---- 数据并行


@pytest.mark.parametrize("world", [1, 2, 3, 5])
@pytest.mark.parametrize("count", [1, 7, 12])
def test_the_ring_gives_everyone_the_same_sum_and_sends_what_the_formula_says(world, count):
    parts = torch.randint(-9, 9, (world, count), generator=torch.Generator().manual_seed(0)).double()
    results, sent = ring.simulate(world, lambda rank, exchange: ring.all_reduce(parts[rank], rank, world, exchange))
    for result in results:
        assert torch.equal(result, parts.sum(0))  # 整数：次序不影响和
    assert sent == [ring.bytes_sent(count, world, 8)] * world


def test_reduce_scatter_leaves_each_rank_its_own_chunk_of_the_sum():
    parts = torch.arange(24.0).view(4, 6)
    results, _ = ring.simulate(4, lambda rank, exchange: ring.reduce_scatter(parts[rank], rank, 4, exchange))
    assert torch.equal(torch.stack(results), ring.split_evenly(parts.sum(0), 4))


def test_flatten_and_its_inverse():
    tensors = [torch.randn(2, 3), torch.randn(()), torch.randn(4)]
    copies = [torch.zeros_like(x) for x in tensors]
    ring.unflatten_into(ring.flatten(tensors), copies)
    assert all(torch.equal(a, b) for a, b in zip(tensors, copies))


@pytest.fixture(scope="module")
def two_processes():
    """真的启动两个进程，只启动一次。"""
    return distributed.main(["--smoke", *CPU])


@pytest.mark.parametrize("method", ["data_parallel", "zero", "library"])
def test_two_processes_train_like_one(two_processes, method):
    single, double = two_processes["float32"][method], two_processes["float64"][method]
    assert single["gap"] < 1e-4
    assert double["gap"] < 1e-11  # 精度高一亿倍，差也小一亿倍：是舍入，不是算错
    assert single["ranks_equal"]
    assert double["ranks_equal"]


@pytest.mark.parametrize("method", ["data_parallel", "zero"])
def test_the_bytes_sent_are_those_of_the_formula(two_processes, method):
    row = two_processes["float32"][method]
    assert row["sent"] == row["sent_formula"] == ring.bytes_sent(two_processes["float32"]["parameters"], 2)


def test_zero_halves_the_optimizer_state_and_changes_no_bit(two_processes):
    row = two_processes["float32"]
    assert row["zero_equals_data_parallel"]
    assert 2 * row["zero"]["state_bytes"] == row["single_state_bytes"] == 8 * row["parameters"]
    assert row["data_parallel"]["state_bytes"] == row["single_state_bytes"]


def test_forgetting_the_mean_hides_under_adamw_and_shows_under_sgd(two_processes):
    assert two_processes["summed_adamw"] < 0.01
    assert two_processes["summed_sgd"] > 0.5
    assert two_processes["uneven_plain"] > 0.05
    assert two_processes["uneven_weighted"] < 1e-12


def test_the_batch_is_a_progression_and_the_answer_is_shifted():
    x, y = parallel.whole_batch(0, 5)
    assert x.shape == y.shape == (parallel.BATCH, parallel.CONTEXT)
    assert torch.equal(x[:, 1:], y[:, :-1])


@pytest.mark.parametrize("count", ["1", "3"])
def test_a_number_of_processes_that_does_not_divide_the_batch_is_refused(count):
    with pytest.raises(UserError, match="整除"):
        distributed.main(["--smoke", "--processes", count, *CPU])


# ---- 缩放定律


def planted_rows(alpha=0.34, beta=0.28, noise=0.0, seed=0):
    """按 L = 1.7 + A/Nᵅ + B/Dᵝ 造的 IsoFLOP，大小对称地围着真的谷底；返回行与真的指数。"""
    rng, rows = np.random.default_rng(seed), []
    for C in (1e11, 1e12, 1e13):
        # d/dN (A N^-α + B (6N/C)^β) = 0
        best = (alpha * 0.5 / (beta * 0.6)) ** (1 / (alpha + beta)) * 1e5 ** (alpha / (alpha + beta))
        best *= (C / 6 / 1e7) ** (beta / (alpha + beta))
        for factor in (0.25, 0.5, 1, 2, 4):
            N = best * factor
            D = C / 6 / N
            loss = 1.7 + 0.5 * (N / 1e5) ** -alpha + 0.6 * (D / 1e7) ** -beta
            rows.append({"budget": C, "N": N, "D": D, "loss": loss + noise * rng.normal()})
    return rows, beta / (alpha + beta)


def test_the_fits_recover_a_planted_exponent():
    rows, a = planted_rows()
    assert isoflop.exponent(rows) == pytest.approx(a, abs=1e-6)
    surface = isoflop.fit_surface(rows)
    assert [surface["alpha"], surface["beta"], surface["a"]] == pytest.approx([0.34, 0.28, a], abs=0.005)
    assert surface["E"] == pytest.approx(1.7, abs=0.01)


def test_the_interval_holds_the_planted_exponent_and_shrinks_with_the_noise():
    wide, narrow = (planted_rows(noise=noise)[0] for noise in (0.01, 0.001))
    a, widths = planted_rows()[1], []
    for rows in (wide, narrow):
        low, high = isoflop.exponent_interval(rows, 200, 0)
        assert low < a < high
        widths.append(high - low)
    assert widths[1] < widths[0] / 3


def test_a_curve_without_a_valley_is_reported_as_such():
    rows = [{"budget": 1e9, "N": N, "D": 1e9 / 6 / N, "loss": loss} for N, loss in ((1e3, 2), (1e4, 3), (1e5, 2))]
    assert isoflop.valleys(rows) == [{"budget": 1e9, "N_opt": None, "inside": False}]
    assert math.isnan(isoflop.exponent(rows))
    assert math.isnan(isoflop.fit_parabola([1e4, 1e5, 1e6], [2.0, 2.5, 3.01])[1])  # 谷底在 10⁻²⁰ 左右：外推


@pytest.mark.parametrize("size", [(16, 1), (48, 2)])
def test_six_nd_plus_the_attention_scores_is_what_torch_counts(size):
    from torch.utils.flop_counter import FlopCounterMode

    model = scaling_laws.build(*size)
    tokens = torch.zeros(2, scaling_laws.CONTEXT, dtype=torch.long)
    with FlopCounterMode(display=False) as counter:
        model(tokens).sum().backward()
    counted = scaling_laws.flops_per_token(*size)
    assert counter.get_total_flops() / tokens.numel() == counted
    d_model, num_layers = size
    scores = 12 * num_layers * d_model * scaling_laws.CONTEXT
    norms = 6 * (2 * num_layers + 1) * d_model  # RMSNorm 的增益不是矩阵乘，6N 里却算了它
    assert 6 * scaling_laws.counted_parameters(model) + scores - norms == counted


def test_every_budget_of_a_plan_spends_what_it_says():
    for plan in scaling_laws.PLANS.values():
        for C, *size in plan.runs():
            N = scaling_laws.counted_parameters(scaling_laws.build(*size))
            step = 6 * N * scaling_laws.BATCH * scaling_laws.CONTEXT
            assert round(C / step) * step == pytest.approx(C, rel=0.1)


def test_an_interrupted_sweep_goes_on_where_it_stopped(tmp_path, capsys, monkeypatch):
    text = "".join(f"def f{i}(x): return x * {i}\n" for i in range(10_000))  # 找文档字符串要翻遍装好的包，几秒
    monkeypatch.setattr(scaling_laws, "docstrings", lambda size: text[:size])
    scaling_laws.main(["--smoke", "--out", str(tmp_path), *CPU])
    first = read_result(capsys.readouterr().out)
    for row in first["rows"]:
        assert 6 * row["N"] * row["D"] == pytest.approx(row["budget"], rel=0.05)
    path = tmp_path / "smoke" / "runs.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(lines) == first["runs"] == 6
    path.write_text("\n".join(lines[:-1]) + "\n", encoding="utf-8")  # 最后一个还没训完
    kept = json.loads(lines[0])
    kept["row"]["cpu_seconds"] = 99.0  # 认得出：没有重训
    path.write_text("\n".join([json.dumps(kept), *lines[1:-1]]) + "\n", encoding="utf-8")
    again = scaling_laws.main(["--smoke", "--out", str(tmp_path), *CPU])
    assert again["rows"][0]["cpu_seconds"] == 99.0
    assert [row["loss"] for row in again["rows"]] == pytest.approx([row["loss"] for row in first["rows"]], rel=1e-5)


def test_a_broken_line_is_named_and_nothing_is_overwritten(tmp_path):
    path = tmp_path / "runs.jsonl"
    path.write_text('{"key": "a", "row": {}}\n{"key": \n', encoding="utf-8")
    with pytest.raises(UserError, match="第 2 行"):
        scaling_laws.read_rows(path)
    assert path.read_text(encoding="utf-8").endswith('{"key": \n')


def test_smoke_and_full_together_are_refused():
    with pytest.raises(UserError, match="不能同时用"):
        scaling_laws.main(["--smoke", "--full"])


# ---- 脚本与图


@pytest.mark.parametrize(("lab", "key"), [(flash_attention, "memory"), (deduplication, "planted")])
def test_a_lab_of_the_outlook_runs(lab, key, capsys, tmp_path):
    lab.main(["--smoke", "--out", str(tmp_path), *CPU])
    assert read_result(capsys.readouterr().out)[key]


def test_the_figures_are_drawn_from_the_records(tmp_path):
    drawn = figures_outlook.main(["--smoke", "--out", str(tmp_path)])["figures"]
    assert len(list(tmp_path.glob("*.png"))) == drawn == 4
    assert (repository_root() / "CS336" / "Outlook" / "figures" / "flash_attention.png").is_file()


PARTS = (
    flash_attention,
    isoflop,
    memory,
    minhash,
    parallel,
    quality,
    ring,
    scaling_laws,
    tiling,
    deduplication,
    display,
)


def test_the_examples_in_the_docstrings_hold():
    for module in PARTS:
        assert doctest.testmod(module).failed == 0, module.__name__
