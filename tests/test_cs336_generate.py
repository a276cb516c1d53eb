"""生成：过滤与 transformers 的相同、缓存与批不改变写出的词、采样的频率、流式的文字、报错。"""

import importlib
import re
from types import SimpleNamespace

import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from torch import nn
from transformers import MinPLogitsWarper, TemperatureLogitsWarper, TopKLogitsWarper, TopPLogitsWarper

from book import read_result
from CS336 import bench_generate
from CS336.sliding import halved_logits, rebuilt_logits, sliding_logits
from CS336.Transformer import TransformerLM, generate
from CS336.Transformer.generate import (
    generate_batch,
    keep_min_p,
    keep_top_k,
    keep_top_p,
    next_token_logits,
    pick,
    stream,
    stream_text,
)

V, CONTEXT = 23, 12
FILTERS = [{}, {"top_k": 4}, {"top_p": 0.8}, {"min_p": 0.1}, {"top_k": 9, "top_p": 0.9, "min_p": 0.05}]
LOGITS = st.lists(st.floats(-20, 20, width=32), min_size=1, max_size=12).map(torch.tensor)
PORTIONS, SHARES = st.sampled_from([0.13, 0.37, 0.61, 0.83, 0.97]), st.sampled_from([0.05, 0.2, 0.5, 1.0])
TIED = st.lists(st.sampled_from([0.0, 1.0, 2.0]), min_size=1, max_size=8).map(torch.tensor)


@pytest.fixture(autouse=True)
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def small(seed=0, layers=2, **options) -> TransformerLM:
    torch.manual_seed(seed)
    model = TransformerLM(V, CONTEXT, d_model=16, num_layers=layers, num_heads=2, **options)
    with torch.no_grad():
        for layer in model.layers:  # 注意力强一点：初值小的模型几乎只看最后一个词，缓存错了也写出同样的词
            for part in (layer.attn.q_proj, layer.attn.k_proj, layer.attn.v_proj, layer.attn.output_proj):
                part.weight *= 3
    return model


def seeded(seed=0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def kept(logits: torch.Tensor) -> list[bool]:
    return logits.isfinite().tolist()


@torch.inference_mode()
def logits_after(model, ids) -> torch.Tensor:
    """不用缓存：最后 context_length 个词之后的 logits (V,)。"""
    return model(torch.tensor([ids[-model.context_length :]]))[0, -1]


class Script(nn.Module):
    """不看内容，照一张表给 logits 的假模型：没有参数，没有缓存。"""

    def __init__(self, rows, context_length=100):
        super().__init__()
        self.rows, self.context_length, self.seen = rows, context_length, []

    def forward(self, token_ids):
        self.seen.append(token_ids[0].tolist())
        return self.rows[len(self.seen) - 1].expand(*token_ids.shape, -1)


# ---------------------------------------------------------------- 循环


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("use_cache", [True, False])
def test_greedy_is_the_argmax_loop_also_beyond_the_context(seed, use_cache):
    model, ids = small(seed), [3, 1, 4]
    for _ in range(2 * CONTEXT):
        ids.append(logits_after(model, ids).argmax().item())
    assert len(set(ids[3:])) > 3, "样本太单调，分不出对错"
    assert generate(model, [3, 1, 4], 2 * CONTEXT, temperature=0, use_cache=use_cache) == ids[3:]


@pytest.mark.parametrize("filters", FILTERS)
@pytest.mark.parametrize("seed", range(3))
def test_the_cache_never_changes_the_tokens(seed, filters):
    model, prompt = small(seed), [5, 2]
    cached, full = (
        generate(model, prompt, 2 * CONTEXT, generator=seeded(seed), use_cache=cache, **filters)
        for cache in (True, False)
    )
    assert cached == full
    assert len(set(cached)) > 3


@pytest.mark.parametrize("rope_theta", [10000.0, None])
@pytest.mark.parametrize("length", [1, CONTEXT - 1, CONTEXT, CONTEXT + 1, 3 * CONTEXT])
def test_any_prompt_length_gives_the_same_tokens_with_and_without_cache(length, rope_theta):
    model = small(4, rope_theta=rope_theta)
    prompt = torch.randint(V, (length,), generator=seeded(1)).tolist()
    cached, full = (generate(model, prompt, CONTEXT, generator=seeded(), use_cache=cache) for cache in (True, False))
    assert cached == full


def test_the_cache_feeds_one_token_a_step_until_the_window_slides(monkeypatch):
    model, fed = small(), []
    forward = model.forward
    monkeypatch.setattr(model, "forward", lambda ids, **options: fed.append(ids.shape[1]) or forward(ids, **options))
    generate(model, [1, 2, 3], CONTEXT)
    assert fed == [3] + [1] * (CONTEXT - 3) + [CONTEXT, CONTEXT]


def test_only_the_last_context_length_tokens_of_a_long_prompt_matter():
    shorter = []
    for seed in range(6):
        model, prompt = small(seed), torch.randint(V, (30,), generator=seeded(seed)).tolist()
        expected = generate(model, prompt, 5, temperature=0)
        assert generate(model, prompt[-CONTEXT:], 5, temperature=0) == expected
        shorter.append(generate(model, prompt[-CONTEXT + 1 :], 5, temperature=0) == expected)
    assert not all(shorter), "少看一个词从来没有影响：上限算小了也看不出"


def test_the_prompt_may_be_a_tensor_and_is_not_changed():
    model, prompt = small(), [1, 2, 3]
    assert generate(model, torch.tensor(prompt), 4, temperature=0) == generate(model, prompt, 4, temperature=0)
    assert prompt == [1, 2, 3]


def test_a_model_without_a_cache_can_write():
    model = Script(torch.eye(4)[[2, 1, 3]] * 9, context_length=2)
    assert generate(model, [0], 3, temperature=0) == [2, 1, 3]
    assert model.seen == [[0], [0, 2], [2, 1]]


def test_writing_stops_at_the_first_eos_and_returns_it():
    rows = torch.eye(4)[[2, 1, 3, 1, 0]] * 9
    assert generate(Script(rows), [1], 5, temperature=0, eos_id=1) == [2, 1]  # 提示里的不算
    assert generate(Script(rows), [1], 5, temperature=0, eos_id=0) == [2, 1, 3, 1, 0]
    assert generate(Script(rows), [1], 4, temperature=0, eos_id=0) == [2, 1, 3, 1]
    assert generate(Script(rows), [1], 5, temperature=0) == [2, 1, 3, 1, 0]
    assert generate(Script(rows), [1], 0, temperature=0) == []


def test_streaming_yields_each_token_before_computing_the_next():
    model = Script(torch.eye(4)[[2, 1, 3]] * 9)
    tokens = stream(model, [0], 3, temperature=0)
    assert model.seen == []
    assert next(tokens) == 2
    assert len(model.seen) == 1
    assert list(tokens) == [1, 3]


def test_the_generator_alone_decides_the_sample():
    model = small()
    torch.manual_seed(1)
    first = generate(model, [1], 20, generator=seeded(7))
    torch.manual_seed(2)
    assert generate(model, [1], 20, generator=seeded(7)) == first
    assert generate(model, [1], 20, generator=seeded(8)) != first
    generator = seeded(7)
    assert generate(model, [1], 20, generator=generator) == first
    assert generate(model, [1], 20, generator=generator) != first  # 用过的 generator 接着往下走


def test_generating_leaves_no_gradient_and_does_not_touch_training():
    model = small()
    tokens = stream(model, [1], 3)
    next(tokens)
    assert torch.is_grad_enabled()
    assert not torch.is_inference_mode_enabled()
    model(torch.tensor([[1, 2]])).sum().backward()  # 写到一半去训练，也行
    list(tokens)


# ---------------------------------------------------------------- 温度与过滤


def test_temperature_zero_takes_the_lowest_of_tied_tokens_and_ignores_the_generator():
    logits, generator = torch.tensor([[0.0, 5.0, 5.0, 1.0]]), seeded()
    before = generator.get_state()
    assert pick(logits, generator, 0).tolist() == [1]
    assert torch.equal(generator.get_state(), before)


@pytest.mark.parametrize("temperature", [1e-3, 1e-30, 1e-60])
def test_a_tiny_temperature_is_greedy_and_never_nan(temperature):
    logits = torch.randn(50, V, generator=seeded(3)) * 5
    assert torch.equal(pick(logits, seeded(), temperature), logits.argmax(-1))
    even = next_token_logits(torch.tensor([2.0, 7.0, 7.0]), temperature).softmax(-1)
    assert even.tolist() == [0, 0.5, 0.5]


def test_an_infinite_temperature_is_uniform():
    torch.testing.assert_close(next_token_logits(torch.tensor([2.0, -7.0]), 1e30).softmax(-1), torch.tensor([0.5, 0.5]))
    assert next_token_logits(torch.tensor([2.0, -7.0]), float("inf")).softmax(-1).tolist() == [0.5, 0.5]


def test_temperature_one_is_the_models_own_distribution():
    logits = torch.randn(4, V, generator=seeded())
    torch.testing.assert_close(next_token_logits(logits).softmax(-1), logits.softmax(-1))


def away_from_the_border(logits: torch.Tensor, p: float) -> torch.Tensor:
    """哪几行的累计概率离 p 都超过 1e-5：更近的由舍入决定去留，两边都不算错。"""
    sums = logits.double().softmax(-1).sort(descending=True).values.cumsum(-1)
    return ((sums - p).abs() > 1e-5).all(-1)


@pytest.mark.parametrize("temperature", [0.3, 1.0, 1.7])
@pytest.mark.parametrize("seed", range(4))
def test_each_filter_equals_the_one_of_transformers(seed, temperature):
    logits = 3 * torch.randn(64, 50, generator=seeded(seed))
    warm = TemperatureLogitsWarper(temperature)(None, logits)
    cases = [({"top_k": k}, TopKLogitsWarper(k)) for k in (1, 5, 49, 50, 99)]
    cases += [({"top_p": p}, TopPLogitsWarper(p)) for p in (0.05, 0.5, 0.9, 0.999)]
    cases += [({"min_p": p}, MinPLogitsWarper(p)) for p in (0.01, 0.2, 1.0)]
    for options, warper in cases:
        ours, theirs = next_token_logits(logits, temperature, **options), warper(None, warm.clone())
        rows = away_from_the_border(warm, options.get("top_p", 2.0))
        assert rows.sum() > 50
        ours, theirs = ours[rows], theirs[rows]
        assert torch.equal(ours.isfinite(), theirs.isfinite()), options
        torch.testing.assert_close(ours.softmax(-1), theirs.softmax(-1), atol=1e-6, rtol=1e-5)


def test_the_filters_in_a_row_equal_those_of_transformers_in_the_same_order():
    logits = 3 * torch.randn(256, 50, generator=seeded(9))
    theirs = TemperatureLogitsWarper(0.7)(None, logits)
    for warper in (TopKLogitsWarper(8), TopPLogitsWarper(0.9), MinPLogitsWarper(0.05)):
        theirs = warper(None, theirs)
    ours = next_token_logits(logits, 0.7, top_k=8, top_p=0.9, min_p=0.05)
    assert torch.equal(ours.isfinite(), theirs.isfinite())
    torch.testing.assert_close(ours.softmax(-1), theirs.softmax(-1), atol=1e-6, rtol=1e-5)


def test_the_order_of_the_filters_changes_what_is_kept():
    """概率 .4 .3 .2 .1：top-k 2 之后归一化是 .57 .43，top-p .5 只留一个；反过来留两个。"""
    log_probs = torch.tensor([0.4, 0.3, 0.2, 0.1]).log()
    assert kept(next_token_logits(log_probs, 1.0, top_k=2, top_p=0.5)) == [True, False, False, False]
    assert kept(keep_top_k(keep_top_p(log_probs, 0.5), 2)) == [True, True, False, False]
    assert kept(next_token_logits(log_probs, 0.5, top_p=0.6)) == [True, True, False, False]  # .53 不到 .6
    assert kept(next_token_logits(log_probs, 2.0, top_p=0.6)) == [True, True, False, False]
    assert kept(next_token_logits(log_probs, 0.25, top_p=0.6)) == [True, False, False, False]


def top_p_by_hand(logits: torch.Tensor, p: float) -> list[bool]:
    """从大到小（一样大的取编号小的）拿，和达到 p 就停；用 float64。"""
    probabilities = logits.double().softmax(-1).tolist()
    keep, total = [False] * len(probabilities), 0.0
    for i in sorted(range(len(probabilities)), key=lambda i: (-probabilities[i], i)):
        if total >= p:
            break
        keep[i], total = True, total + probabilities[i]
    return keep


@settings(deadline=None, max_examples=200)
@given(
    TIED, st.integers(1, 10), st.sampled_from([0.13, 0.37, 0.61, 0.83, 0.97]), st.sampled_from([0.05, 0.2, 0.5, 1.0])
)
def test_ties_are_kept_by_the_written_rule(logits, k, p, min_p):
    order = sorted(range(len(logits)), key=lambda i: (-logits[i].item(), i))
    assert kept(keep_top_k(logits, k)) == [i in order[:k] for i in range(len(logits))]
    assert kept(keep_top_p(logits, p)) == top_p_by_hand(logits, p)
    probabilities = logits.softmax(-1)
    assert kept(keep_min_p(logits, min_p)) == (probabilities >= min_p * probabilities.max() * (1 - 1e-6)).tolist()


@settings(deadline=None, max_examples=200)
@given(LOGITS, st.floats(0.05, 5), st.integers(1, 14), st.floats(1e-6, 1), st.floats(1e-6, 1))
@example(torch.tensor([-4.8276e-12, 0.0]), 1.0, 1, 0.25, 1.0)  # 两个概率舍入成一样：按概率排就丢了最大的
def test_at_least_the_likeliest_token_stays_and_kept_logits_keep_their_ratios(logits, temperature, k, p, min_p):
    plain = next_token_logits(logits, temperature)
    for options in ({"top_k": k}, {"top_p": p}, {"min_p": min_p}, {"top_k": k, "top_p": p, "min_p": min_p}):
        out = next_token_logits(logits, temperature, **options)
        stays = out.isfinite()
        assert stays[plain.argmax()]
        assert torch.equal(out[stays], plain[stays])
        assert not (~stays).any() or plain[stays].min() >= plain[~stays].max()


@settings(deadline=None, max_examples=100)
@given(LOGITS, st.floats(0.01, 0.99), st.floats(0.01, 0.99))
def test_a_larger_p_keeps_more_and_a_larger_min_p_keeps_less(logits, a, b):
    low, high = sorted((a, b))
    assert (keep_top_p(logits, low).isfinite() <= keep_top_p(logits, high).isfinite()).all()
    assert (keep_min_p(logits, high).isfinite() <= keep_min_p(logits, low).isfinite()).all()


def test_top_p_keeps_the_token_that_crosses_the_border_and_drops_the_next():
    log_probs = torch.tensor([0.5, 0.25, 0.125, 0.125]).log()
    assert kept(keep_top_p(log_probs, 0.4)) == [True, False, False, False]  # 第一个就越过界线，也留
    assert kept(keep_top_p(log_probs, 0.5)) == [True, False, False, False]  # 恰好够
    assert kept(keep_top_p(log_probs, 0.51)) == [True, True, False, False]
    assert kept(keep_top_p(log_probs, 0.76)) == [True, True, True, False]  # 一样大的取编号小的


def test_a_filter_that_keeps_everything_changes_nothing():
    logits = torch.randn(8, V, generator=seeded())
    plain = next_token_logits(logits)
    for options in ({"top_k": V}, {"top_k": V + 5}, {"top_p": 1.0}, {"min_p": 1e-9}):
        assert torch.equal(next_token_logits(logits, **options), plain)
    even = torch.zeros(3)  # min_p = 1 只留与最大一样大的
    assert kept(keep_min_p(even, 1.0)) == [True] * 3


def test_filters_work_on_each_row_of_a_batch_alone():
    logits = torch.randn(2, 3, V, generator=seeded()) * 3
    for options in FILTERS[1:]:
        together = next_token_logits(logits, 0.8, **options)
        for i, j in ((0, 0), (0, 2), (1, 1)):
            assert torch.equal(together[i, j], next_token_logits(logits[i, j], 0.8, **options))


def chi_square(counts: torch.Tensor, expected: torch.Tensor) -> float:
    """Σ (数到的 - 期望)² / 期望；期望为 0 的必须一次都没抽到。"""
    assert counts[expected == 0].sum() == 0
    counts, expected = counts[expected > 0].double(), expected[expected > 0].double() * counts.sum()
    return ((counts - expected) ** 2 / expected).sum().item()


@pytest.mark.parametrize(
    ("options", "limit"),
    [
        ({}, 18.5),  # 自由度 4，p = 0.001
        ({"temperature": 2.0}, 18.5),
        ({"top_k": 3}, 13.8),  # 自由度 2
        ({"top_p": 0.8}, 13.8),
        ({"min_p": 0.2}, 13.8),
        ({"temperature": 0.5, "top_k": 4, "top_p": 0.9}, 10.8),  # 自由度 1
    ],
)
def test_sampled_frequencies_follow_the_written_distribution(options, limit):
    """分布由手写的定义算，不用被测的函数：概率 .4 .3 .15 .1 .05。"""
    probabilities = torch.tensor([0.4, 0.3, 0.15, 0.1, 0.05], dtype=torch.float64)
    powers = probabilities ** (1 / options.get("temperature", 1.0))
    powers[options.get("top_k", 5) :] = 0
    powers /= powers.sum()
    if "top_p" in options:
        powers[top_p_by_hand(powers.log(), options["top_p"]).count(True) :] = 0
    powers[powers < options.get("min_p", 0) * powers.max()] = 0
    expected = powers / powers.sum()
    drawn = pick(probabilities.float().log().expand(20000, -1), seeded(1), **options)
    assert chi_square(torch.bincount(drawn, minlength=5), expected) < limit


# ---------------------------------------------------------------- 一批


PROMPTS = [[3], [1, 4, 1, 5], [9, 2], [6, 5, 3, 5, 8, 9]]


@pytest.mark.parametrize("rope_theta", [10000.0, None])
@pytest.mark.parametrize("seed", range(4))
def test_a_batch_with_left_padding_writes_what_each_prompt_writes_alone(seed, rope_theta):
    model = small(seed, rope_theta=rope_theta)
    together = generate_batch(model, PROMPTS, 7, temperature=0)  # 6 + 7 - 1 = 12：恰好用满
    assert together == [generate(model, prompt, 7, temperature=0) for prompt in PROMPTS]


def test_the_distributions_of_a_padded_batch_equal_those_of_each_row_alone(monkeypatch):
    """采样时一批共用一个 generator，词与单独写的不同；每一步每一行的 logits 要与单独算的相同。"""
    model, seen = small(2), []
    module = importlib.import_module("CS336.Transformer.generate")
    monkeypatch.setattr(module, "pick", lambda logits, *args, **kw: seen.append(logits) or pick(logits, *args, **kw))
    rows = generate_batch(model, PROMPTS, 6, generator=seeded())
    assert len(seen) == 6
    for b, (prompt, row) in enumerate(zip(PROMPTS, rows)):
        for t in range(6):
            torch.testing.assert_close(seen[t][b], logits_after(model, prompt + row[:t]), atol=1e-4, rtol=1e-4)


def test_what_the_padding_holds_never_matters():
    model = small(3)
    ids, visible = torch.tensor([[0, 0, 5, 6]]), torch.tensor([[False, False, True, True]])
    expected = model(ids, visible=visible)[:, 2:]
    for filler in ([7, 9], [V - 1, 1]):
        changed = torch.tensor([[*filler, 5, 6]])
        assert torch.equal(model(changed, visible=visible)[:, 2:], expected)


def test_each_row_of_a_batch_stops_at_its_own_eos():
    model = small(1)
    free = generate_batch(model, PROMPTS, 7, temperature=0)
    eos = free[1][2]
    stopped = generate_batch(model, PROMPTS, 7, temperature=0, eos_id=eos)
    assert stopped == [row[: row.index(eos) + 1] if eos in row else row for row in free]
    assert len({len(row) for row in stopped}) > 1
    assert stopped == [generate(model, prompt, 7, temperature=0, eos_id=eos) for prompt in PROMPTS]


def test_a_batch_stops_computing_when_every_row_has_ended(monkeypatch):
    model, steps = small(1), []
    forward, eos = model.forward, generate(model, [3], 1, temperature=0)[0]
    monkeypatch.setattr(model, "forward", lambda ids, **options: steps.append(1) or forward(ids, **options))
    assert generate_batch(model, [[3], [3]], 7, temperature=0, eos_id=eos) == [[eos], [eos]]
    assert len(steps) == 1


def test_a_batch_also_stops_early_when_its_rows_end_at_different_steps(monkeypatch):
    """第一句第 1 步写 eos，第二句第 3 步才写：停在第 3 步，先停的那一句之后写什么都不算数。"""
    model, script = small(), iter([[5, 1], [2, 2], [2, 5], [2, 2]])
    module = importlib.import_module("CS336.Transformer.generate")
    monkeypatch.setattr(module, "pick", lambda *args, **options: torch.tensor(next(script)))
    assert generate_batch(model, [[1], [1, 2]], 4, eos_id=5) == [[5], [1, 2, 5]]
    assert next(script) == [2, 2]  # 第 4 步没有算


def test_a_batch_is_repeatable_with_a_generator_and_its_rows_differ():
    model = small()
    once, again = (generate_batch(model, [[1, 2]] * 3, 8, top_k=9, generator=seeded(5)) for _ in range(2))
    assert once == again
    assert len({tuple(row) for row in once}) == 3
    assert (
        generate_batch(model, [[1, 2]] * 3, 8, top_k=1, generator=seeded(5))
        == [generate(model, [1, 2], 8, temperature=0)] * 3
    )
    assert generate_batch(model, PROMPTS, 0) == [[]] * 4


# ---------------------------------------------------------------- 流式的文字


TEXT = "a中文é🙂\n"


def text_of(pieces: list[bytes]) -> tuple[list[str], str]:
    """(流式给出的各段, 一次解码的全文)。"""
    tokenizer = SimpleNamespace(vocab=dict(enumerate(pieces)))
    return list(stream_text(tokenizer, range(len(pieces)))), b"".join(pieces).decode("utf-8", errors="replace")


def test_streamed_text_is_whole_wherever_the_bytes_are_cut():
    data = TEXT.encode("utf-8")
    for i in range(len(data) + 1):
        for j in range(i, len(data) + 1):
            shown, whole = text_of([data[:i], data[i:j], data[j:]])
            assert "".join(shown) == whole == TEXT
            assert not {"\ufffd", ""} & set(shown)


def test_a_character_is_shown_as_soon_as_its_last_byte_arrives():
    data = TEXT.encode("utf-8")
    assert text_of([data[i : i + 1] for i in range(len(data))])[0] == list(TEXT)


@settings(deadline=None, max_examples=300)
@given(st.lists(st.binary(min_size=1, max_size=4), max_size=8))
def test_streamed_text_equals_decoding_at_once_even_for_broken_bytes(pieces):
    shown, whole = text_of(pieces)
    assert "".join(shown) == whole


def test_half_a_character_at_the_end_is_shown_as_a_replacement():
    assert text_of([b"ok", "中".encode()[:2]]) == (["ok", "\ufffd"], "ok\ufffd")


def test_streaming_text_does_not_wait_for_later_tokens():
    taken = []
    ids = (taken.append(i) or i for i in range(3))
    text = stream_text(SimpleNamespace(vocab={0: b"a", 1: b"b", 2: b"c"}), ids)
    assert next(text) == "a"
    assert taken == [0]


# ---------------------------------------------------------------- 报错


WRONG = [
    ({"temperature": -0.1}, "temperature=-0.1"),
    ({"temperature": float("nan")}, "temperature=nan"),
    ({"top_k": 0}, "top_k=0"),
    ({"top_p": 0.0}, "top_p=0.0"),
    ({"top_p": 1.5}, "top_p=1.5"),
    ({"min_p": 0.0}, "min_p=0.0"),
    ({"min_p": 2.0}, "min_p=2.0"),
    ({"max_new_tokens": -1}, "max_new_tokens=-1"),
    ({"prompt_ids": []}, "空的"),
    ({"prompt_ids": [1, V]}, f"有 {V}，词表的编号是 0..{V - 1}"),
    ({"prompt_ids": [-1]}, "有 -1"),
    ({"prompt_ids": "你好"}, "先用分词器 encode"),
    ({"prompt_ids": [0.7]}, "一串整数编号"),
    ({"prompt_ids": [[1, 2], [3, 4]]}, "generate_batch"),
    ({"prompt_ids": torch.ones(1, 2, dtype=torch.long)}, "generate_batch"),
]


def expect_one_chinese_line(part: str, call, *args, **options) -> None:
    """调用要抛 ValueError：一行，有中文，说出 part。"""
    with pytest.raises(ValueError, match=re.escape(part)) as caught:
        call(*args, **options)
    text = str(caught.value)
    assert "\n" not in text
    assert re.search("[\u4e00-\u9fff]", text)


@pytest.mark.parametrize(("options", "part"), WRONG)
def test_a_wrong_option_is_one_chinese_line_before_anything_is_computed(options, part):
    model = small()
    for call in (generate, stream):
        expect_one_chinese_line(part, call, model, **({"prompt_ids": [1], "max_new_tokens": 3} | options))
    options = {"max_new_tokens": 3, "prompts": [[1, 2], options.get("prompt_ids", [3])]} | options
    options.pop("prompt_ids", None)
    expect_one_chinese_line(part, generate_batch, model, **options)


def test_the_largest_allowed_options_are_allowed():
    model = small()
    plain = generate(model, [V - 1], 6, generator=seeded())
    assert generate(model, [V - 1], 6, top_p=1.0, top_k=V, generator=seeded()) == plain
    assert generate(model, [0], 6, min_p=1.0, generator=seeded()) == generate(model, [0], 6, temperature=0)


def test_a_batch_that_does_not_fit_or_is_empty_is_one_chinese_line():
    expect_one_chinese_line("空的", generate_batch, small(), [], 3)
    expect_one_chinese_line(f"6+8，超过 context_length={CONTEXT}", generate_batch, small(), [[1] * 6], 8)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("temperature", [0, 1.0])
def test_a_diverged_model_is_named(value, temperature):
    model = Script(torch.full((1, 4), value))
    expect_one_chinese_line("发散", generate, model, [0], 1, temperature=temperature)


def test_an_unknown_id_cannot_be_shown():
    expect_one_chinese_line("编号 1 ", lambda: list(stream_text(SimpleNamespace(vocab={0: b"a"}), [0, 1])))


# ---------------------------------------------------------------- 滑动的窗口与速度


def two_windows() -> torch.Tensor:
    return torch.randint(V, (3, 2 * CONTEXT), generator=seeded(6))


def test_a_rebuilt_window_gives_what_generate_sees():
    model, ids = small(), two_windows()
    rebuilt = rebuilt_logits(model, ids)
    for t in (CONTEXT, 2 * CONTEXT - 1):
        torch.testing.assert_close(rebuilt[1, t - CONTEXT], logits_after(model, ids[1, : t + 1].tolist()))


def test_a_sliding_cache_is_exact_for_one_layer_and_wrong_for_two():
    ids = two_windows()
    for layers, exact in ((1, True), (2, False)):
        model = small(layers=layers)
        gap = (sliding_logits(model, ids, keep_counting=True) - rebuilt_logits(model, ids)).abs().max()
        assert (gap < 1e-4) == exact
    stuck = sliding_logits(small(layers=1), ids, keep_counting=False)
    assert (stuck - rebuilt_logits(small(layers=1), ids)).abs().max() > 0.1


def test_keeping_half_a_window_sees_at_least_half_and_at_most_one_window():
    model, ids = small(), two_windows()
    halved, seen = halved_logits(model, ids), []
    for t in range(CONTEXT, 2 * CONTEXT):
        for n in range(1, CONTEXT + 1):
            expected = model(ids[:, t + 1 - n : t + 1])[:, -1]
            if torch.allclose(halved[:, t - CONTEXT], expected, atol=1e-4):
                seen.append(n)
                break
    half = CONTEXT // 2
    assert seen == [*range(half, CONTEXT + 1), *range(half, CONTEXT - 1)]


def test_the_bench_runs_and_both_sides_write_the_same(capsys):
    bench_generate.main(["--smoke", "--device", "cpu"])
    result = read_result(capsys.readouterr().out)
    assert [(row["batch"], row["same_output"]) for row in result["rows"]] == [(1, 1), (1, 1), (1, 1), (2, 1), (2, 1)]
    assert all(row["ours_tokens_per_second"] > 0 for row in result["rows"])


def test_the_bytes_of_a_step_are_those_of_the_weights_and_the_cache():
    model = small()
    used = sum(p.numel() for name, p in model.named_parameters() if name != "token_embeddings.weight")
    assert bench_generate.step_bytes(model, 3, 0) == 4 * (used + 3 * 16)
    cache = model.new_cache()
    model(torch.zeros(3, 5, dtype=torch.long), cache=cache)
    stored = sum(4 * (kv.keys.numel() + kv.values.numel()) for kv in cache)
    assert bench_generate.step_bytes(model, 3, 5) - bench_generate.step_bytes(model, 3, 0) == stored
