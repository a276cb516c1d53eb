"""生成：贪心、束搜索、采样，与不用缓存的写法、与穷举比较。"""

import itertools

import pytest
import torch

from Transformer.attention import PAD
from Transformer.data import BOS, EOS, CharTokenizer
from Transformer.decoding import Hypothesis, beam_search, filter_logits, greedy, sample, translate
from Transformer.slow_search import best_first
from Transformer.transformer import Transformer


@pytest.fixture(autouse=True)
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def small(seed=0, vocab=9) -> Transformer:
    torch.manual_seed(seed)
    model = Transformer(vocab, vocab, 16, 2, 1, 32, dropout=0.0, max_length=16).eval()
    with torch.no_grad():
        model.output.weight *= 3  # 分布尖一点，才有好坏之分
    return model


def sources(count=4, length=5, vocab=9):
    rows = torch.randint(4, vocab, (count, length), generator=torch.Generator().manual_seed(1))
    rows[1:2, 3:] = PAD
    return rows


@torch.inference_mode()
def log_probability(model, source, ids, finished) -> float:
    """一次前向算出整句的对数概率，不用缓存。"""
    answer = [*ids, EOS] if finished else list(ids)
    logits = model(source, torch.tensor([[BOS, *answer[:-1]]]))[0]
    logits[:, [PAD, BOS]] = -torch.inf
    return logits.log_softmax(-1)[range(len(answer)), answer].sum().item()


@torch.inference_mode()
def greedy_without_cache(model, source, longest) -> list[int]:
    ids: list[int] = []
    for _ in range(longest):
        logits = model(source, torch.tensor([[BOS, *ids]]))[0, -1]
        logits[[PAD, BOS]] = -torch.inf
        word = logits.argmax().item()
        if word == EOS:
            return ids
        ids.append(word)
    return ids


@pytest.mark.parametrize("seed", range(5))
def test_greedy_with_the_cache_and_in_a_batch_equals_one_by_one_without(seed):
    model, batch = small(seed), sources()
    for row, best in zip(batch, greedy(model, batch, 10)):
        assert best.ids == greedy_without_cache(model, row[None], 10)
        assert best.log_prob == pytest.approx(log_probability(model, row[None], best.ids, best.finished), abs=1e-4)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("penalty", [0.0, 0.6])
def test_beam_one_equals_greedy(seed, penalty):
    model, batch = small(seed), sources()
    for a, b in zip(beam_search(model, batch, 1, 10, penalty), greedy(model, batch, 10)):
        assert (a.ids, a.finished) == (b.ids, b.finished)
        assert a.log_prob == pytest.approx(b.log_prob, abs=1e-4)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("beam", [2, 4])
def test_beam_scores_are_the_true_log_probabilities(seed, beam):
    model, batch = small(seed), sources()
    for row, best in zip(batch, beam_search(model, batch, beam, 10)):
        assert best.log_prob == pytest.approx(log_probability(model, row[None], best.ids, best.finished), abs=1e-4)


@pytest.mark.parametrize("penalty", [0.6, 3.0])
@pytest.mark.parametrize("seed", range(25))
def test_a_beam_wide_enough_finds_what_enumeration_finds(seed, penalty):
    """词表 7 个（4 个能出现在句中），至多 3 个词：束宽 100 覆盖全部，等于穷举。惩罚大时赢的是长句：接错前缀就露馅。"""
    model, longest = small(seed, vocab=7), 3
    source = sources(1, 4, vocab=7)
    words = [i for i in range(7) if i not in (PAD, BOS, EOS)]
    candidates = []
    for n in range(longest):
        for ids in itertools.product(words, repeat=n):
            candidates.append(Hypothesis(list(ids), log_probability(model, source, ids, True), True))
    expected = max(candidates, key=lambda h: h.score(penalty))
    best = beam_search(model, source, 100, longest, penalty)[0]
    assert best.ids == expected.ids
    assert best.log_prob == pytest.approx(expected.log_prob, abs=1e-4)


@pytest.mark.parametrize("seed", range(10))
def test_searching_the_best_prefix_first_finds_what_a_wide_beam_finds(seed):
    model, source = small(seed, vocab=7), sources(1, 4, vocab=7)
    best, opened = best_first(model, source, 3)
    assert best.ids == beam_search(model, source, 100, 3, 0.0)[0].ids
    assert best.log_prob == pytest.approx(log_probability(model, source, best.ids, True), abs=1e-4)
    assert opened <= 1 + 4 + 16


def test_early_bad_endings_do_not_stop_a_better_sentence():
    """每步都有一条差的以 EOS 结尾：只数完成了几条就停，会把还没写完的好译文扔掉。"""
    longest = 6
    probabilities = torch.full((longest, 9), 1e-6)
    probabilities[:, 4], probabilities[:, EOS] = 0.9, 0.1 - 7e-6  # 一直写 4 最好，但每步的第二名都是 EOS
    probabilities[-1, 4], probabilities[-1, EOS] = 1e-6, 1 - 8e-6

    class Table(Transformer):
        def decode(self, target, memory, memory_mask=None, cache=None):
            step = super().decode(target, memory, memory_mask, cache)
            self.step = cache[0].self_attention.length - 1
            return step

    model = Table(9, 9, 16, 2, 1, 32, dropout=0.0, max_length=16).eval()
    model.output.register_forward_hook(
        lambda module, inputs, output: probabilities[model.step].log().expand_as(output).clone()
    )
    best = beam_search(model, sources(), beam=2, max_length=longest, penalty=0.0)
    assert [h.ids for h in best] == [[4] * (longest - 1)] * 4


def test_beam_in_a_batch_equals_one_by_one():
    model, batch = small(3), sources()
    together = beam_search(model, batch, 3, 10)
    alone = [beam_search(model, row[None], 3, 10)[0] for row in batch]
    assert [h.ids for h in together] == [h.ids for h in alone]


def test_a_longer_sentence_wins_only_with_the_penalty():
    short, long = Hypothesis([5], -2.0, True), Hypothesis([5] * 9, -2.5, True)
    assert short.score(0) > long.score(0)
    assert short.score(0.6) < long.score(0.6)


def test_sampling_follows_the_model():
    """同一个源句抽很多次，第一个词的频率接近模型给的概率。"""
    model, count = small(2), 4000
    source = sources(1)
    with torch.inference_mode():
        logits = model(source, torch.tensor([[BOS]]))[0, 0]
        logits[[PAD, BOS]] = -torch.inf
        expected = logits.softmax(-1)
    drawn = sample(model, source.repeat(count, 1), 1, generator=torch.Generator().manual_seed(0))
    first = torch.tensor([h.ids[0] if h.ids else EOS for h in drawn])
    frequency = torch.bincount(first, minlength=9) / count
    assert (frequency - expected).abs().max() < 4 * (0.25 / count) ** 0.5


def test_sampling_is_repeatable_with_a_generator():
    model, batch = small(), sources()
    once, again = (sample(model, batch, 8, generator=torch.Generator().manual_seed(3)) for _ in range(2))
    assert once == again


def test_top_k_and_top_p_keep_the_likeliest_words():
    log_probs = torch.tensor([[0.4, 0.3, 0.2, 0.1]]).log()
    assert (filter_logits(log_probs, 1.0, 2, 1.0) > 0).tolist() == [[True, True, False, False]]
    assert (filter_logits(log_probs, 1.0, 0, 0.65) > 0).tolist() == [[True, True, False, False]]
    assert (filter_logits(log_probs, 1.0, 0, 0.1) > 0).tolist() == [[True, False, False, False]]
    torch.testing.assert_close(filter_logits(log_probs, 1.0, 0, 1.0), log_probs.exp())
    even = torch.full((1, 4), 0.25).log()  # 一样大的取编号小的，恰好 k 个
    assert (filter_logits(even, 1.0, 2, 1.0) > 0).tolist() == [[True, True, False, False]]
    cold = filter_logits(log_probs, 0.1, 0, 1.0)
    assert cold[0, 0] > 0.9


def test_translating_keeps_the_order_of_the_sentences():
    source = CharTokenizer.train(["abcd"])
    model = small(vocab=len(source))
    texts = ["abcd", "a", "bb", "dcba"]
    together = translate(model, texts, source, source)
    assert together == [translate(model, [text], source, source)[0] for text in texts]
