"""第 5 章的生成：与 transformers 写出同样的词元、过滤逐个相同、抽样的频率、停止串不漏、写错的看得出来。

只用随机的小模型；270M 的模型上的比较由 `3_generate.py` 记录。
"""

import doctest
import importlib
import itertools
import math
from collections import Counter
from types import SimpleNamespace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import RepetitionPenaltyLogitsProcessor

from book import UserError, read_result
from TrainAndFinetune import bench_generate
from TrainAndFinetune import generate as script
from TrainAndFinetune.base import tiny_model
from TrainAndFinetune.decoding import measures, pitfalls, text
from TrainAndFinetune.decoding.beams import BeamOptions, beam_search
from TrainAndFinetune.decoding.explain import draw, explain_step, table
from TrainAndFinetune.decoding.filters import Sampling, filtered, keep_top_p, penalize, pick, survivors
from TrainAndFinetune.decoding.kv_cache import KVCache, bytes_per_token
from TrainAndFinetune.decoding.ledger import Ledger
from TrainAndFinetune.decoding.loop import GREEDY, Session, generate, generate_batch, stream
from TrainAndFinetune.decoding.prompts50 import PROMPTS
from TrainAndFinetune.decoding.speculative import Lookup, look_up, speculate
from TrainAndFinetune.methods import add_prefix, add_prompt
from TrainAndFinetune.small.loading import train_tokenizer

V, WINDOW = 97, 8
LAYERS = ["sliding_attention", "full_attention", "sliding_attention"]
NUCLEUS = Sampling(1.0, top_p=0.8)
SAMPLINGS = [Sampling(1.0), NUCLEUS, Sampling(0.7, 20, 0.9, 0.05), Sampling(1.5, min_p=0.2)]
lab = importlib.import_module("TrainAndFinetune.3_generate")


@pytest.fixture(autouse=True)
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def small(seed=1, window=WINDOW):
    """两种层都有、窗口比句子短的小模型；各层的权重放大，前文变一点下一个词元就变。"""
    model = tiny_model(seed, layer_types=LAYERS, num_hidden_layers=3, sliding_window=window)
    with torch.no_grad():
        for name, p in model.named_parameters():
            if p.dim() > 1 and "embed" not in name:
                p.mul_(4)
        model.model.norm.weight.fill_(9)  # logits 放大 10 倍：分布不太平
    return model


MODEL = small()


def seeded(seed=0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def prompts(count=6, longest=30) -> list[list[int]]:
    lengths = torch.linspace(1, longest, count).long().tolist()
    return [torch.randint(3, V, (n,), generator=seeded(n)).tolist() for n in lengths]


def library(prompt, count, ends=None, **options) -> list[int]:
    """transformers 的 generate 写的新词元，去掉补的 0。"""
    ids = torch.tensor([prompt])
    options = {"do_sample": False, "eos_token_id": ends, "pad_token_id": 0, **options}
    out = MODEL.generate(ids, attention_mask=torch.ones_like(ids), max_new_tokens=count, **options)
    tokens = out[0, len(prompt) :].tolist()
    while tokens and tokens[-1] == 0:
        tokens.pop()
    return tokens


def flat(chunks) -> list[int]:
    return [token for chunk in chunks for token in chunk]


# ---------------------------------------------------------------- 循环与缓存


def test_the_doctests_of_the_decoding_modules_hold():
    for name in ("filters", "kv_cache", "loop", "beams", "speculative", "text", "explain"):
        module = importlib.import_module(f"TrainAndFinetune.decoding.{name}")
        assert doctest.testmod(module).failed == 0, name


@pytest.mark.parametrize("penalty", [1.0, 1.3])
def test_greedy_writes_the_tokens_of_transformers_also_beyond_the_window(penalty):
    for prompt in prompts():
        ours = generate(MODEL, prompt, 16, Sampling(repetition_penalty=penalty))
        assert ours == library(prompt, 16, repetition_penalty=penalty)
        assert len(set(ours)) > 3, "样本太单调，分不出对错"


@pytest.mark.parametrize("sampling", [GREEDY, *SAMPLINGS])
def test_the_cache_never_changes_the_tokens(sampling):
    for prompt in prompts(3):
        cached, full = (generate(MODEL, prompt, 20, sampling, (), seeded(), cache) for cache in (True, False))
        assert cached == full


def test_the_cache_feeds_the_prompt_once_and_then_one_token_a_step(monkeypatch):
    fed, forward = [], MODEL.forward
    monkeypatch.setattr(MODEL, "forward", lambda **o: fed.append(o["input_ids"].shape[1]) or forward(**o))
    generate(MODEL, [5, 6, 7], 4)
    assert fed == [3, 1, 1, 1]


@torch.inference_mode()
def test_feeding_in_pieces_equals_feeding_at_once_with_any_split():
    prompt = prompts()[-1]
    whole = Session(MODEL, 1, 40).feed(torch.tensor([prompt]), keep=len(prompt))[0]
    reference = MODEL(torch.tensor([prompt]), use_cache=False).logits[0]
    torch.testing.assert_close(whole, reference, atol=1e-4, rtol=1e-4)
    for size in (1, 3, WINDOW, WINDOW + 1):
        session = Session(MODEL, 1, 40)
        pieces = [session.feed(torch.tensor([prompt[i : i + size]]), keep=size) for i in range(0, len(prompt), size)]
        torch.testing.assert_close(torch.cat(pieces, dim=1)[0], reference, atol=1e-4, rtol=1e-4)


def test_a_batch_with_left_padding_writes_what_each_prompt_writes_alone():
    for ends in ((), tuple(range(3, 12))):
        alone = [generate(MODEL, prompt, 16, GREEDY, ends) for prompt in prompts()]
        assert generate_batch(MODEL, prompts(), 16, GREEDY, ends) == alone
    assert len({len(row) for row in alone}) > 1, "没有一行提早写完"
    penalty = Sampling(repetition_penalty=1.5)
    assert generate_batch(MODEL, prompts(), 9, penalty) == [generate(MODEL, p, 9, penalty) for p in prompts()]


def test_positions_continue_and_leave_out_the_padding():
    session = Session(MODEL, 2, 9, torch.tensor([0, 2]))
    assert session.positions(4).tolist() == [[0, 1, 2, 3], [0, 0, 0, 1]]
    session.fed = 4
    assert session.positions(2).tolist() == [[4, 5], [2, 3]]


def test_rewinding_and_selecting_rows_leave_the_cache_as_if_never_fed():
    prompt = torch.tensor([prompts()[-1]])
    with torch.inference_mode():
        session = Session(MODEL, 1, 60)
        clean = session.feed(prompt)
        session.feed(torch.tensor([[9, 10, 11]]))
        session.rewind(3)
        again = session.feed(torch.tensor([[12]]))
        session.rewind(1)
        session.cache.select(torch.tensor([0, 0]))
        two = session.feed(torch.tensor([[12], [13]]))
        fresh = Session(MODEL, 1, 60).feed(torch.cat([prompt, torch.tensor([[12]])], dim=1))
    torch.testing.assert_close(again, fresh, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(two[:1], fresh, atol=1e-4, rtol=1e-4)
    assert not torch.allclose(two[0], two[1])
    assert clean.shape == (1, 1, V)


@pytest.mark.parametrize("padded", [False, True])
@pytest.mark.parametrize("sliding", [False, True])
@pytest.mark.parametrize(("length", "count"), [(0, 1), (0, 5), (0, 12), (7, 1), (7, 4), (20, 1), (20, 9)])
def test_the_mask_shows_exactly_the_causal_window_without_padding(length, count, sliding, padded):
    cache = KVCache(MODEL.config, 2, 32)
    cache.truncate(length)
    cache.padding = torch.tensor([0, 3]) if padded else None
    first = max(0, length - WINDOW + 1) if sliding else 0
    want = torch.zeros(2, count, length + count - first, dtype=torch.bool)
    for b, t, s in itertools.product(range(2), range(count), range(want.shape[2])):
        row, column, start = length + t, first + s, [0, 3][b] if padded else 0
        seen = column <= row and (not sliding or column > row - WINDOW) and column >= start
        want[b, t, s] = seen or column == row
    mask = cache.mask(count, sliding)
    if mask is None:  # 普通的因果掩码，或者全部看得见
        assert want.equal(torch.ones(count, want.shape[2]).tril(want.shape[2] - count).bool().expand_as(want))
    else:
        assert mask.shape[1] == 1
        assert mask[:, 0].expand_as(want).equal(want)


def test_the_cache_takes_the_bytes_of_the_formula():
    cache = KVCache(MODEL.config, 3, 11)
    total = sum(x.numel() * x.element_size() for x in (cache.keys, cache.values))
    assert total == 3 * 11 * bytes_per_token(MODEL.config)


@pytest.mark.parametrize("add", [add_prefix, add_prompt])
@torch.inference_mode()
def test_models_with_a_soft_prefix_write_the_same_with_and_without_cache(add):
    model = add(small(window=64), length=5, seed=3)
    for prompt in prompts(3):
        ids = list(prompt)
        for _ in range(8):
            ids.append(model(input_ids=torch.tensor([ids])).logits[0, -1].argmax().item())
        assert generate(model, prompt, 8) == ids[len(prompt) :]
        assert flat(speculate(model, prompt, 8)) == ids[len(prompt) :]
    assert generate_batch(model, prompts(3), 8) == [generate(model, prompt, 8) for prompt in prompts(3)]


def test_streaming_computes_nothing_before_it_is_asked_and_stops_at_the_end_token():
    full = generate(MODEL, [5, 6, 7], 12)
    end = full[4]
    assert generate(MODEL, [5, 6, 7], 12, GREEDY, {end}) == full[: full.index(end) + 1]
    tokens = stream(MODEL, [5, 6, 7], 3, watch=lambda logits, ids: seen.append(len(ids)))
    seen = []
    next(tokens)
    assert seen == [3]
    assert generate(MODEL, [5], 0) == []


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: stream(MODEL, [], 3), "空的"),
        (lambda: stream(MODEL, [V], 3), f"0..{V - 1}"),
        (lambda: stream(MODEL, [1], 1000), "最多"),
        (lambda: generate_batch(MODEL, [], 3), "至少给一句"),
        (lambda: Sampling(-1.0), "temperature"),
        (lambda: Sampling(1.0, top_k=0), "top_k"),
        (lambda: Sampling(1.0, top_p=1.5), "top_p"),
        (lambda: Sampling(1.0, min_p=0.0), "min_p"),
        (lambda: Sampling(repetition_penalty=0.0), "repetition_penalty"),
        (lambda: BeamOptions(0), "beams"),
        (lambda: Lookup(draft=0), "draft"),
        (lambda: text.StopStrings([""]), "停止串"),
        (lambda: pick(torch.tensor([[math.nan, 1.0]]), GREEDY), "nan"),
    ],
)
def test_wrong_arguments_are_answered_in_one_chinese_line(call, message):
    with pytest.raises(ValueError, match=message):
        call()


# ---------------------------------------------------------------- 过滤


@pytest.mark.parametrize("sampling", [*SAMPLINGS, *measures.SETTINGS, Sampling(1.0, top_k=V + 9), Sampling(1.0, 1)])
def test_the_filters_are_bit_equal_to_the_processors_of_transformers(sampling):
    logits = 4 * torch.randn(200, V, generator=seeded(1))
    logits[::2] = logits[::2].round()  # 一半的行有许多并列
    assert torch.equal(filtered(logits, sampling), measures.reference_filtered(logits, sampling))


@settings(deadline=None, max_examples=80)
@given(
    st.integers(0, 10**6),
    st.sampled_from([*SAMPLINGS, *measures.SETTINGS, Sampling(1.0, top_p=0.4)]),
    st.sampled_from([0.01, 0.3, 2, 9]),
)
def test_the_shortlist_is_the_same_distribution_as_filtering_the_whole_vocabulary(seed, sampling, scale):
    logits = scale * torch.randn(400, generator=seeded(seed))
    ids, probs = survivors(logits, sampling)
    want = filtered(logits, sampling).softmax(-1)
    assert ids.tolist() == want.nonzero()[:, 0].tolist()
    torch.testing.assert_close(probs, want[ids], atol=1e-6, rtol=1e-4)


def test_the_repetition_penalty_equals_transformers_and_punishes_once():
    logits = 3 * torch.randn(5, V, generator=seeded(2))
    seen = torch.tensor([[4, 4, 9, 4]] * 5)
    theirs = RepetitionPenaltyLogitsProcessor(1.3)(seen, logits)
    assert torch.equal(torch.stack([penalize(row, seen[0], 1.3) for row in logits]), theirs)
    assert (theirs[:, seen[0]] < logits[:, seen[0]]).all()


def test_top_p_always_keeps_the_likeliest_and_the_one_that_crosses():
    log_probs = torch.tensor([0.1, 0.4, 0.2, 0.3]).log()
    for p, want in ((1e-6, [1]), (0.39, [1]), (0.41, [1, 3]), (0.71, [1, 2, 3]), (0.95, [0, 1, 2, 3])):
        assert keep_top_p(log_probs, p).isfinite().nonzero()[:, 0].tolist() == want


@pytest.mark.parametrize("sampling", SAMPLINGS)
def test_sampled_frequencies_follow_the_distribution_of_transformers(sampling):
    logits = 2 * torch.randn(40, generator=seeded(5))
    want = measures.reference_filtered(logits[None], sampling)[0].softmax(-1)
    generator = seeded(6)
    counts = torch.zeros(40)
    for _ in range(4000):
        counts[pick(logits[None], sampling, None, generator)[0]] += 1
    assert counts[want == 0].sum() == 0
    ids = want.nonzero()[:, 0]
    assert chi_square_p(counts[ids], want[ids]) > 1e-3
    assert measures.chi_square(want[ids], 2000, seeded(7)) > 1e-3


def chi_square_p(counts, probs) -> float:
    """p 值；期望不到 5 次的合成一格。"""
    expected = probs.double() * counts.sum()
    big = expected >= 5
    cells = torch.cat([counts[big].double(), counts[~big].double().sum()[None]])
    means = torch.cat([expected[big], expected[~big].sum()[None]])
    cells, means = cells[means > 0], means[means > 0]
    freedom = torch.tensor((len(cells) - 1) / 2).double()
    return torch.special.gammaincc(freedom, ((cells - means) ** 2 / means).sum() / 2).item()


def test_chi_square_rejects_draws_from_another_distribution(monkeypatch):
    probs = torch.tensor([0.4, 0.3, 0.2, 0.1])
    monkeypatch.setattr(measures, "draw", lambda p, g: int(torch.rand((), generator=g) * 4))
    assert measures.chi_square(probs, 2000, seeded()) < 1e-6


def test_the_generator_alone_decides_the_sample():
    first = generate(MODEL, [5], 20, NUCLEUS, (), seeded(7))
    torch.manual_seed(99)
    assert generate(MODEL, [5], 20, NUCLEUS, (), seeded(7)) == first
    assert generate(MODEL, [5], 20, NUCLEUS, (), seeded(8)) != first


# ---------------------------------------------------------------- 束搜索与投机解码


@pytest.mark.parametrize(
    ("beams", "length_penalty", "early", "ends"),
    [
        (4, 1.0, False, [5, 6]),
        (3, 0.0, True, list(range(3, 12))),
        (2, 2.0, False, list(range(3, 20))),
        (4, 1.0, True, list(range(3, 30))),
        (5, -1.0, False, list(range(3, 30))),
    ],
)
def test_beam_search_writes_the_tokens_of_transformers(beams, length_penalty, early, ends):
    options = {"num_beams": beams, "length_penalty": length_penalty, "early_stopping": early}
    for prompt in prompts(4):
        ours = beam_search(MODEL, prompt, 10, BeamOptions(beams, length_penalty, early), ends)
        assert ours[0].ids == library(prompt, 10, ends, **options)
        assert [h.score for h in ours] == sorted((h.score for h in ours), reverse=True)


def test_one_beam_is_greedy_and_the_log_prob_is_the_models_own():
    prompt = prompts()[2]
    best = beam_search(MODEL, prompt, 9, BeamOptions(1))[0]
    assert best.ids == generate(MODEL, prompt, 9)
    logits = pitfalls.forced_logits(Session, MODEL, prompt, best.ids).log_softmax(-1)
    assert best.log_prob == pytest.approx(logits.gather(-1, torch.tensor(best.ids)[:, None]).sum().item(), abs=1e-3)


def test_with_every_beam_kept_the_best_sequence_of_all_is_found():
    model = tiny_model(1, vocab_size=6, layer_types=LAYERS[:2])
    every = torch.tensor(list(itertools.product(range(6), repeat=3)))  # (216, 3)
    with torch.inference_mode():
        whole = torch.cat([torch.tensor([[3, 4]]).expand(216, 2), every], dim=1)
        logits = model(whole[:, :-1]).logits[:, 1:].log_softmax(-1)  # (216, 3, 6)
    scores = logits.gather(-1, every[..., None]).sum((1, 2))
    best = beam_search(model, [3, 4], 3, BeamOptions(36))[0]
    assert best.ids == every[scores.argmax()].tolist()
    assert best.log_prob == pytest.approx(scores.max().item(), abs=1e-4)


@pytest.mark.parametrize("sampling", [GREEDY, NUCLEUS, Sampling(0.3, repetition_penalty=1.2)])
@pytest.mark.parametrize("options", [Lookup(), Lookup(draft=3, ngram=1, shortest=1)])
def test_prompt_lookup_changes_no_token_greedy_or_sampled(sampling, options):
    forwards = 0
    for i, prompt in enumerate([*prompts(3), [7, 8, 9] * 5]):
        chunks = list(speculate(MODEL, prompt, 24, sampling, (9,), seeded(i), options))
        forwards += len(chunks)
        assert flat(chunks) == generate(MODEL, prompt, 24, sampling, (9,), seeded(i))
    if options.shortest == 1 and sampling == GREEDY:
        assert forwards < 4 * 24 * 0.9, "草稿从来没有猜中，什么也没有检查到"


@given(st.lists(st.integers(0, 3), max_size=14), st.integers(1, 3), st.integers(1, 4))
def test_the_draft_goes_on_from_the_latest_earlier_copy_of_the_longest_tail(ids, ngram, draft):
    got = look_up(ids, Lookup(draft, ngram, 1))
    for n in range(min(ngram, len(ids) - 1), 0, -1):
        starts = [s for s in range(len(ids) - n) if ids[s : s + n] == ids[-n:]]
        if starts:
            assert len(got) == draft
            assert got == (ids + got)[starts[-1] + n :][:draft]  # 过了结尾，抄的就是刚抄出来的
            return
    assert got == []


# ---------------------------------------------------------------- 文字

TOKENIZER = train_tokenizer(["你好，世界。The quick fox，停止"] * 3, 290)
PIECES = {0: "<pad>", 1: "▁the", 2: "<0xE4>", 3: "<0xBD>", 4: "<0xA0>", 5: "好", 6: "▁▁x", 7: "<end>"}
GEMMA_LIKE = SimpleNamespace(
    convert_ids_to_tokens=PIECES.get,
    added_tokens_decoder={0: SimpleNamespace(special=True), 7: SimpleNamespace(special=False)},
    backend_tokenizer=SimpleNamespace(to_str=lambda: '{"decoder": {"type": "ByteFallback"}}'),
)


def test_half_a_character_waits_for_its_last_byte():
    assert list(text.stream_text(GEMMA_LIKE, [0, 1, 2, 3, 4, 5, 6, 7])) == [" the", "你", "好", "  x", "<end>"]
    assert list(text.stream_text(GEMMA_LIKE, [5, 2, 3])) == ["好", "\ufffd"]


@settings(deadline=None, max_examples=60)
@given(st.text(alphabet="你好，世界é🙂 aThe\n停", max_size=20))
def test_streamed_text_equals_decoding_at_once(written):
    ids = TOKENIZER.encode(written, add_special_tokens=False)
    pieces = list(text.stream_text(TOKENIZER, ids))
    assert "".join(pieces) == TOKENIZER.decode(ids) == written
    assert all("\ufffd" not in piece for piece in pieces)


@settings(deadline=None, max_examples=200)
@given(
    st.text(alphabet="ab.", max_size=16),
    st.lists(st.text(alphabet="ab.", min_size=1, max_size=4), max_size=3),
    st.lists(st.integers(1, 3), max_size=16),
)
def test_stop_strings_never_show_and_do_not_depend_on_where_tokens_break(written, stops, sizes):
    def show(pieces):
        stop = text.StopStrings(stops)
        return "".join(stop.push(piece) for piece in pieces) + stop.flush(), stop.found

    cuts = [0, *itertools.accumulate(sizes)]
    pieces = [written[a:b] for a, b in zip(cuts, [*cuts[1:], None])]
    shown, found = show(pieces)
    assert (shown, found) == show(written) == show([written])
    assert found == any(s in written for s in stops)
    assert not any(s in shown for s in stops)
    assert written.startswith(shown)
    if not found:
        assert shown == written


def test_no_more_tokens_are_computed_after_a_stop_string():
    ids, taken = TOKENIZER.encode("世界。停止 then more", add_special_tokens=False), []
    tokens = (taken.append(i) or i for i in ids)
    assert "".join(text.stream_text(TOKENIZER, tokens, ["。停"])) == "世界"
    assert len(taken) < len(ids)


# ---------------------------------------------------------------- 写错的与解释


def test_every_planted_mistake_in_the_loop_changes_the_distributions():
    long = [prompt for prompt in prompts() if len(prompt) > 5]
    result = measures.summarize_sessions([measures.session_row(MODEL, p, generate(MODEL, p, 12)) for p in long])
    assert {row["name"] for row in result["sessions"]} == set(pitfalls.WRONG_SESSIONS)
    assert all(row["kl"] > 0.01 and row["agree"] < 1 for row in result["sessions"])
    assert result["cache_gap"] < 1e-3


def test_padding_without_mask_is_wrong_but_without_positions_rope_does_not_care():
    logits = measures.first_logits(MODEL, prompts())
    rows = {row["name"]: row for row in measures.compare_padding(MODEL, prompts(), logits, 6)["padding"]}
    assert rows["right"]["max_gap"] < 1e-3
    assert rows["no positions"]["max_gap"] < 1e-3
    assert rows["no mask"]["agree"] < 1
    assert rows["right padding"]["agree"] < 1


def test_filters_before_temperature_keep_another_set_and_dividing_negatives_rewards_repeats():
    logits = 3 * torch.randn(20, V, generator=seeded(3))
    for row in measures.compare_order(logits)["order"]:
        if row["temperature"] > 1:
            assert row["kept_first"] > row["kept_last"]
            assert row["total_variation"] > 0.05
    found = measures.compare_penalties(logits, [[i, i + 1] for i in range(20)])
    assert found["penalty_equal"] == 1
    assert found["penalty_raised"] == pytest.approx(found["penalty_negative"], abs=0.15) != 0


def test_checking_stop_strings_token_by_token_misses_them_and_after_showing_leaks_them():
    found = measures.compare_stops([["你好", "。\n", "问：", "谁"], ["ab", "cd", "ef"]], 3)
    assert found["stop_missed"] > 0.5
    assert found["stop_leaking"] > 0.5
    assert found["stop_right_leaked"] == 0


def test_explaining_a_step_shows_the_distribution_after_each_filter():
    logits = 2 * torch.randn(V, generator=seeded(4))
    sampling = Sampling(0.7, 10, 0.8, repetition_penalty=1.3)
    step = explain_step(logits, sampling, [3, 4], count=5)
    assert [stage.name for stage in step.stages] == ["model", "penalty 1.3", "temperature 0.7", "top-k 10", "top-p 0.8"]
    last = filtered(penalize(logits, torch.tensor([3, 4]), 1.3), sampling).softmax(-1)
    assert step.stages[-1].probs == pytest.approx(last[step.candidates].tolist())
    assert step.stages[0].probs == pytest.approx(logits.softmax(-1)[step.candidates].tolist())
    assert step.stages[3].left == 10
    assert step.stages[-1].left == int((last > 0).sum())
    names = [f"t{i}" for i in step.candidates]
    assert len(table(step, names, step.candidates[0])) == len(names) + 2
    assert len(draw([step] * 8, [step.candidates[0]] * 8, [names] * 8).axes) == 6


# ---------------------------------------------------------------- 脚本


def test_the_ledger_computes_each_row_once_and_resumes_only_the_same_settings(tmp_path):
    path, calls = tmp_path / "rows.json", []

    def slow(x):
        calls.append(x)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return x * x

    with pytest.raises(KeyboardInterrupt):
        Ledger(path, {"seed": 0}, resume=False).each("square", slow, [1, 2, 3, 4])
    assert Ledger(path, {"seed": 0}, resume=True).each("square", slow, [1, 2, 3, 4]) == [1, 4, 9, 16]
    assert calls == [1, 2, 3, 3, 4]
    for changed, resume_path in (({"seed": 1}, path), ({"seed": 0}, tmp_path / "none.json")):
        with pytest.raises(UserError, match="去掉 --resume"):
            Ledger(resume_path, changed, resume=True)
    path.write_text("{")
    with pytest.raises(UserError, match="读不出来"):
        Ledger(path, {}, resume=True)


def test_there_are_fifty_different_prompts():
    assert len(set(PROMPTS)) == len(PROMPTS) == 50
    assert Counter(text.strip() != "" for text in PROMPTS)[True] == 50


@pytest.mark.parametrize(
    "argv",
    [
        [],
        ["--chat", "--prompt", "你好", "--temperature", "0", "--lookup", "4"],
        ["--beams", "3", "--stop", "x"],
        ["--explain", "--figure", "--top-k", "9", "--repetition-penalty", "1.2"],
    ],
)
def test_the_smoke_run_of_generate_writes_text_and_a_result(argv, tmp_path, capsys):
    script.main(["--smoke", "--max-tokens", "5", "--out", str(tmp_path), *argv])
    result = read_result(capsys.readouterr().out)
    assert 1 <= result["tokens"] <= 5
    assert result["finish"] in ("length", "end token", "stop string")
    assert (tmp_path / "explain.png").is_file() == ("--figure" in argv)


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["--temperature", "-1"], "temperature"),
        (["--top-p", "0"], "top_p"),
        (["--beams", "2", "--explain"], "--beams"),
        (["--beams", "2", "--top-k", "5"], "束搜索不抽样"),
        (["--lookup", "2", "--no-cache"], "--lookup"),
        (["--lookup", "-2"], "draft"),
        (["--figure"], "--explain"),
        (["--prompt", ""], "空的"),
        (["--stop", ""], "停止串"),
        (["--max-tokens", "9", "--prompt", "长" * 200], "最多"),
    ],
)
def test_generate_answers_a_users_mistake_in_one_line(argv, message):
    with pytest.raises(UserError, match=message):
        script.main(["--smoke", *argv])
    with pytest.raises(UserError, match="没有这个文件夹"):
        script.main(["--model", "no-such-folder"])


def test_the_lab_and_the_bench_run_smoke_and_report_parity(capsys, tmp_path):
    lab.main(["--smoke", "--out", str(tmp_path)])
    result = read_result(capsys.readouterr().out)
    keys = ("greedy_same", "beams_same", "no_cache_same", "batch_same", "lookup_same", "lookup_copying_same")
    assert [result[key] for key in keys] == [1] * len(keys)
    assert all(row["equal_masks"] == 1 and row["bit_equal"] for row in result["filters"])
    bench_generate.main(["--smoke"])
    result = read_result(capsys.readouterr().out)
    assert {row["setting"] for row in result["rows"]} == {"float32", "bfloat16"}
    assert all(row["limit_share"] > 0 for row in result["rows"])
