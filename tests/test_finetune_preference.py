"""偏好与强化学习：DPO、GRPO 的公式与自己的推导相等，性质对任何数成立，实验脚本跑得通。"""

import copy
import doctest
import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.functional import cross_entropy

from book import UserError, read_result, seeded
from TrainAndFinetune.base import tiny_model
from TrainAndFinetune.methods import add_lora, disabled, trainable
from TrainAndFinetune.preference import dpo, figures_preference, grpo, lab_dpo, lab_grpo, measure, policy, sorting
from TrainAndFinetune.preference.dpo import (
    IGNORED,
    DPOConfig,
    dpo_loss,
    reference_log_probs,
    sequence_log_probs,
    token_log_probs,
)
from TrainAndFinetune.preference.grpo import (
    GRPOConfig,
    clipped_objective,
    group_advantages,
    grpo_loss,
    k3,
    reduce_tokens,
)
from TrainAndFinetune.preference.measure import bootstrap, exact_kl
from TrainAndFinetune.preference.policy import SFT, answer_mask, join, new_policy, write_answers
from TrainAndFinetune.preference.sorting import EOS, PAD, encode_answers, encode_prompts

REAL = st.floats(-30, 30, width=32)
DIGITS = st.text("0123456789", min_size=sorting.SHORTEST, max_size=sorting.LONGEST)


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def fresh():
    """没训练过的小策略；测试不许改它。"""
    return new_policy(0)


@pytest.fixture(scope="module")
def batch():
    return join(encode_prompts(["3120", "907"]), encode_answers(["0123$", "07$"]))


def losses(chosen, rejected, reference_chosen=0.0, reference_rejected=0.0, beta=0.1):
    values = [torch.as_tensor([float(v)]) for v in (chosen, rejected, reference_chosen, reference_rejected)]
    names = ("chosen", "rejected", "reference_chosen", "reference_rejected")
    return dpo_loss(**dict(zip(names, values)), beta=beta)


# ---------------------------------------------------------------- 例子


@pytest.mark.parametrize("module", [dpo, grpo, measure, policy, sorting], ids=lambda module: module.__name__)
def test_the_examples_in_the_docstrings_hold(module):
    assert doctest.testmod(module).failed == 0


# ---------------------------------------------------------------- 对数概率


def test_log_probs_of_an_answer_are_minus_the_summed_cross_entropy(fresh, batch):
    logits = fresh(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]).logits
    for row in range(2):
        want = -cross_entropy(logits[row, :-1], batch["labels"][row, 1:], ignore_index=IGNORED, reduction="sum")
        assert sequence_log_probs(fresh, batch)[row].item() == pytest.approx(want.item(), abs=1e-5)


def test_log_probs_equal_a_product_of_next_token_probabilities(fresh):
    """一个前缀跑一次前向，概率相乘：与一次前向算出的相等，左边的填充不影响。"""
    prompt, answer = [sorting.VOCABULARY.index(c) for c in "907="], [sorting.VOCABULARY.index(c) for c in "079$"]
    product = 1.0
    for t in range(len(answer)):
        logits = fresh(input_ids=torch.tensor([prompt + answer[:t]])).logits[0, -1]
        product *= logits.double().softmax(-1)[answer[t]].item()
    got = sequence_log_probs(fresh, join(encode_prompts(["907"]), encode_answers(["079$"])))
    assert got.item() == pytest.approx(math.log(product), abs=1e-4)


def test_padding_on_the_right_changes_no_log_prob(fresh, batch):
    alone = join(encode_prompts(["907"]), encode_answers(["07$"]))
    assert alone["input_ids"].shape[1] < batch["input_ids"].shape[1]
    assert sequence_log_probs(fresh, alone)[0].item() == pytest.approx(
        sequence_log_probs(fresh, batch)[1].item(), abs=1e-5
    )


def test_masked_positions_are_zero_and_take_no_gradient():
    logits = torch.randn(2, 5, 7, generator=seeded(0), requires_grad=True)
    labels = torch.tensor([[-100, -100, 3, 1, -100], [-100, 2, 2, -100, -100]])
    values, mask = token_log_probs(logits, labels)
    assert mask.tolist() == [[0, 1, 1, 0], [1, 1, 0, 0]]
    assert (values[mask == 0] == 0).all()
    values.sum().backward()
    assert (logits.grad.abs().sum(-1) > 0).tolist() == [[False, True, True, False, False], [True, True] + 3 * [False]]


# ---------------------------------------------------------------- DPO


def test_the_loss_is_exactly_ln_2_when_policy_and_reference_are_the_same(fresh, batch):
    reference = copy.deepcopy(fresh)
    other = join(encode_prompts(["3120", "907"]), encode_answers(["3210$", "79$"]))
    known = reference_log_probs(reference, [batch, other])
    sides = {"chosen": sequence_log_probs(fresh, batch), "rejected": sequence_log_probs(fresh, other)}
    loss, margin = dpo_loss(**sides, reference_chosen=known[0], reference_rejected=known[1], beta=0.3)
    assert loss.item() == torch.tensor(2.0).log().item()
    assert margin.tolist() == [0, 0]
    assert not known[0].requires_grad


@given(REAL, REAL, REAL, REAL, st.floats(0.01, 2))
@settings(max_examples=60, deadline=None)
def test_the_loss_is_the_bradley_terry_likelihood_of_the_implicit_rewards(w, l, rw, rl, beta):
    """自己的推导：P(w 胜 l) = e^{r_w} / (e^{r_w} + e^{r_l})，r = β ln(π/π_ref)，损失是 -ln P。"""
    a, b = beta * (w - rw), beta * (l - rl)
    want = max(a, b) + math.log(math.exp(a - max(a, b)) + math.exp(b - max(a, b))) - a
    assert losses(w, l, rw, rl, beta)[0].item() == pytest.approx(want, abs=2e-5, rel=1e-5)


@given(REAL, REAL, REAL)
@settings(max_examples=40, deadline=None)
def test_only_differences_matter_so_the_partition_function_cancels(w, l, shift):
    """两个答案的奖励同加 β ln Z(x)（或把没屏蔽的题目也算进去）：损失不变。"""
    assert losses(w, l)[0].item() == pytest.approx(losses(w + shift, l + shift)[0].item(), abs=1e-5)


def test_gradient_is_beta_sigma_of_minus_the_margin():
    w = torch.tensor([-3.0, -1.0], requires_grad=True)
    l = torch.tensor([-2.0, -4.0], requires_grad=True)
    zero = torch.zeros(2)
    loss, margin = dpo_loss(chosen=w, rejected=l, reference_chosen=zero, reference_rejected=zero, beta=0.5)
    loss.backward()
    torch.testing.assert_close(w.grad, -0.5 * torch.sigmoid(-margin) / 2)
    torch.testing.assert_close(l.grad, 0.5 * torch.sigmoid(-margin) / 2)


def test_a_margin_of_minus_ten_thousand_stays_finite():
    assert losses(-10_000, 0, beta=1.0)[0].item() == pytest.approx(10_000)


@pytest.mark.parametrize(("sign", "rises"), [(1, True), (-1, False)])
def test_a_few_steps_raise_the_margin_and_the_flipped_sign_lowers_it(fresh, sign, rises):
    model = copy.deepcopy(fresh)
    pair = [join(encode_prompts(["3120"]), encode_answers([a])) for a in ("0123$", "3210$")]
    known = reference_log_probs(model, pair)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    for _ in range(3):
        chosen, rejected = (sequence_log_probs(model, side) for side in pair)
        sides = {"reference_chosen": known[0], "reference_rejected": known[1]}
        loss, margin = dpo_loss(chosen=chosen, rejected=rejected, **sides, beta=sign * 0.5)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert (sign * margin.item() > 0) == rises


def test_with_lora_the_reference_is_the_same_model_with_the_adapter_disabled(batch):
    model = tiny_model(0, vocab_size=13, eos_token_id=EOS)
    known = reference_log_probs(model, [batch])[0]
    add_lora(model, rank=2)
    with torch.no_grad():
        for value in trainable(model).values():
            value.add_(0.1)
        changed = sequence_log_probs(model, batch)
        with disabled(model):
            again = sequence_log_probs(model, batch)
    assert torch.equal(again, known)
    assert not torch.allclose(changed, known)


# ---------------------------------------------------------------- GRPO：优势

REWARDS = st.lists(st.sampled_from([0.0, 1.0, 0.5]), min_size=8, max_size=8)


@given(REWARDS, st.floats(-5, 5))
@settings(max_examples=40, deadline=None)
def test_advantages_sum_to_zero_and_ignore_a_constant_added_to_the_reward(rewards, shift):
    config, rewards = GRPOConfig(group=4), torch.tensor(rewards)
    got = group_advantages(rewards, config)
    assert got.view(2, 4).sum(-1).abs().max() < 1e-5
    torch.testing.assert_close(group_advantages(rewards + shift, config), got, atol=2e-2, rtol=0)


def test_groups_do_not_see_each_other_and_agreement_teaches_nothing():
    config = GRPOConfig(group=4)
    first = group_advantages(torch.tensor([1.0, 0, 0, 0, 1, 1, 1, 1]), config)
    second = group_advantages(torch.tensor([1.0, 0, 0, 0, 1, 1, 0, 0]), config)
    assert torch.equal(first[:4], second[:4])
    assert (first[4:] == 0).all()
    assert lab_grpo.informative(first, 4).tolist() == 4 * [True] + 4 * [False]


def test_scaling_gives_hard_and_easy_questions_the_same_size_and_dr_grpo_does_not():
    rewards = torch.tensor([1.0] + 7 * [0.0] + 4 * [1.0] + 4 * [0.0])  # 8 个里对 1 个；8 个里对 4 个
    scaled = group_advantages(rewards, GRPOConfig()).view(2, 8).std(-1)
    plain = group_advantages(rewards, GRPOConfig(scale=False)).view(2, 8).std(-1)
    torch.testing.assert_close(scaled, torch.ones(2), atol=1e-3, rtol=0)
    assert plain[1] > 1.4 * plain[0]


# ---------------------------------------------------------------- GRPO：KL


def distributions(seed: int, V: int = 6):
    logits = 1.5 * torch.randn(2, V, generator=seeded(seed), dtype=torch.float64)
    return logits[0].requires_grad_(), logits[1].log_softmax(-1)


@pytest.mark.parametrize("seed", range(3))
def test_k3_is_never_negative_and_its_mean_over_the_policy_is_the_kl(seed):
    logits, reference = distributions(seed)
    log_p = logits.detach().log_softmax(-1)
    values = k3(log_p, reference)
    assert (values >= 0).all()
    kl = (log_p.exp() * (log_p - reference)).sum()
    assert (log_p.exp() * values).sum().item() == pytest.approx(kl.item(), abs=1e-12)
    assert exact_kl(log_p, reference).item() == pytest.approx(kl.item(), abs=1e-6)


def test_gradient_of_k3_at_fixed_samples_is_that_of_the_kl_the_other_way_round():
    """当损失用时样本不带梯度：Σ_v π(v) ∇k3(v) = ∇KL(π_ref‖π)，不是 ∇KL(π‖π_ref)。"""
    logits, reference = distributions(0)
    log_p = logits.log_softmax(-1)
    used = torch.autograd.grad((log_p.detach().exp() * k3(log_p, reference)).sum(), logits, retain_graph=True)[0]
    forward = torch.autograd.grad((reference.exp() * (reference - log_p)).sum(), logits, retain_graph=True)[0]
    backward = torch.autograd.grad((log_p.exp() * (log_p - reference)).sum(), logits)[0]
    torch.testing.assert_close(used, forward)
    assert (used - backward).abs().max() > 0.05


# ---------------------------------------------------------------- GRPO：裁剪与平均


@pytest.mark.parametrize(
    ("ratio", "advantage", "value", "moves"),
    [(1.0, 1, 1.0, True), (1.5, 1, 1.2, False), (0.5, 1, 0.5, True), (1.5, -1, -1.5, True), (0.5, -1, -0.8, False)],
)
def test_clipping_stops_only_the_direction_that_goes_further(ratio, advantage, value, moves):
    old = torch.tensor([[-2.0]])
    new = (old + math.log(ratio)).requires_grad_()
    got = clipped_objective(new, old, torch.tensor([float(advantage)]), 0.2)
    got.sum().backward()
    assert got.item() == pytest.approx(value, abs=1e-6)
    assert bool(new.grad.abs().item() > 0) == moves


def random_inputs(N=3, T=4):
    log_probs = torch.randn(N, T, generator=seeded(1)).requires_grad_()
    mask = torch.tensor([[1.0, 1, 1, 1], [1, 1, 0, 0], [1, 0, 0, 0]])
    return log_probs, mask, torch.tensor([1.0, -1.0, 0.5])


@pytest.mark.parametrize(
    ("length", "weights"),
    [("response", [1 / 12, 1 / 6, 1 / 3]), ("batch", [1 / 7, 1 / 7, 1 / 7]), ("constant", [1 / 24, 1 / 24, 1 / 24])],
)
def test_first_update_is_the_policy_gradient_with_the_stated_weight_per_token(length, weights):
    """比值是 1 时，损失对 ln π 的梯度是 -A · 权重；response 的权重随长度变，另两种不变。"""
    log_probs, mask, advantages = random_inputs()
    config = GRPOConfig(length=length, longest=8, beta=0.0)
    inputs = {"old": log_probs.detach(), "reference": log_probs.detach(), "advantages": advantages, "mask": mask}
    loss, watched = grpo_loss(log_probs=log_probs, **inputs, config=config)
    loss.backward()
    want = -advantages[:, None] * torch.tensor(weights)[:, None] * mask
    torch.testing.assert_close(log_probs.grad, want)
    assert watched == {"kl": 0.0, "outside": 0.0}


@pytest.mark.parametrize("length", grpo.LENGTHS)
def test_columns_of_padding_change_nothing(length):
    log_probs, mask, _ = random_inputs()
    wider = [torch.nn.functional.pad(x, (0, 3), value=v) for x, v in ((log_probs, 9.0), (mask, 0.0))]
    assert reduce_tokens(*wider, length, 8).item() == pytest.approx(reduce_tokens(log_probs, mask, length, 8).item())


def test_the_penalty_pulls_towards_the_reference():
    log_probs, mask, _ = random_inputs()
    reference = log_probs.detach() + torch.tensor([[0.5], [-0.5], [0.2]])
    inputs = {"old": log_probs.detach(), "reference": reference, "advantages": torch.zeros(3), "mask": mask}
    loss, watched = grpo_loss(log_probs=log_probs, **inputs, config=GRPOConfig(beta=0.5))
    loss.backward()
    assert loss.item() > 0
    assert watched["kl"] > 0
    seen = mask.bool()
    assert (torch.sign(log_probs.grad)[seen] == -torch.sign(reference - log_probs.detach())[seen]).all()


@pytest.mark.parametrize(
    "options", [{"group": 1}, {"clip": 0.0}, {"beta": -1.0}, {"length": "tokens"}, {"baseline": "value"}]
)
def test_a_setting_that_cannot_work_is_refused(options):
    with pytest.raises(ValueError, match="试试|取自"):
        GRPOConfig(**options)


def test_a_beta_of_zero_and_a_broken_group_are_refused():
    with pytest.raises(ValueError, match="ln 2"):
        DPOConfig(beta=0.0)
    with pytest.raises(ValueError, match="分不成"):
        group_advantages(torch.zeros(7), GRPOConfig(group=4))


# ---------------------------------------------------------------- 任务与写答案


@given(DIGITS, st.text(sorting.VOCABULARY, max_size=sorting.ANSWER_LENGTH))
@settings(max_examples=100, deadline=None)
def test_the_strict_checker_accepts_one_answer_and_the_leaky_one_more(digits, answer):
    right = sorting.right_answer(digits)
    assert sorting.is_right(digits, right)
    assert sorting.mentions_all(digits, right)
    assert sorting.is_right(digits, answer) == (answer == right)
    assert sorting.mentions_all(digits, digits + "=")


def test_questions_never_cross_between_training_and_held_out():
    train, test = (set(sorting.draw_prompts(500, held_out, seeded(held_out))) for held_out in (False, True))
    assert not train & test
    assert {len(text) for text in train | test} == set(range(sorting.SHORTEST, sorting.LONGEST + 1))


def test_answers_survive_encoding_and_a_pad_in_the_middle_is_not_forgiven():
    assert sorting.decode_answers(encode_answers(["0123$", "$", "01_2$"])) == ["0123$", "$", "01_2$"]
    assert answer_mask(torch.tensor([[5, PAD, EOS, PAD], [4, 4, 4, 4]])).tolist() == [3 * [True] + [False], 4 * [True]]


def test_greedy_answers_equal_those_of_transformers_generate(fresh):
    prompts = encode_prompts(["3120", "907", "55512"])
    want = fresh.generate(
        prompts, attention_mask=(prompts != PAD).long(), do_sample=False, max_new_tokens=sorting.ANSWER_LENGTH,
        pad_token_id=PAD, eos_token_id=EOS,
    )[:, prompts.shape[1] :]  # fmt: skip
    got = write_answers(fresh, prompts)[:, : want.shape[1]]
    assert torch.equal(got, want)


def test_sampling_at_a_temperature_near_zero_is_greedy(fresh):
    prompts = encode_prompts(["3120", "907", "55512"])
    assert torch.equal(write_answers(fresh, prompts, seeded(0), temperature=1e-6), write_answers(fresh, prompts))


def test_sampling_follows_the_softmax_and_repeats_with_the_seed(fresh):
    prompts = encode_prompts(["3120"] * 1500)
    first = write_answers(fresh, prompts, seeded(1))
    want = fresh(input_ids=prompts[:1], attention_mask=(prompts[:1] != PAD).long()).logits[0, -1].softmax(-1)
    seen = torch.bincount(first[:, 0], minlength=13)
    chi2 = ((seen - 1500 * want) ** 2 / (1500 * want)).sum().item()
    assert chi2 < 32.9  # 自由度 12，p = 0.001
    assert (first.masked_select(~answer_mask(first)) == PAD).all()
    assert torch.equal(*(write_answers(fresh, prompts[:9], seeded(2)) for _ in range(2)))


# ---------------------------------------------------------------- 测量


def test_the_interval_counts_the_difference_between_seeds():
    same = bootstrap([[1.0, 0.0] * 100] * 3)
    apart = bootstrap([[1.0] * 200, [0.0] * 200, [1.0, 0.0] * 100])
    assert 0.4 < same[0] < 0.5 < same[1] < 0.6
    assert apart[1] - apart[0] > 3 * (same[1] - same[0])


def test_evaluation_of_the_reference_itself_finds_no_kl(fresh):
    row = measure.evaluate(fresh, fresh, 16, seed=0)
    assert row["kl"] == 0
    assert row["accuracy"] == sum(row["right"]) / 16
    other = measure.evaluate(new_policy(1), fresh, 16, seed=0)
    assert other["kl"] > 0


# ---------------------------------------------------------------- 实验


def test_one_update_makes_the_rewarded_answers_more_likely(fresh):
    """奖励：第一个词元是偶数数字。一步之后，对的答案的概率升，错的降。"""
    model = copy.deepcopy(fresh)
    config, prompts = GRPOConfig(group=8, beta=0.0), encode_prompts(["3120"] * 8)
    answers = write_answers(model, prompts, seeded(0)).clone()
    rewards = (answers[:, 0] % 2).float()
    assert 0 < rewards.sum() < 8
    batch = join(prompts, answers)
    longest = batch["input_ids"].shape[1] - prompts.shape[1]
    before, mask = lab_grpo.answer_log_probs(model, batch, longest)
    inputs = {"old": before.detach(), "reference": before.detach(), "mask": mask}
    loss, _ = grpo_loss(log_probs=before, advantages=group_advantages(rewards, config), **inputs, config=config)
    loss.backward()
    with torch.no_grad():
        for p in model.parameters():
            p -= 0.02 * p.grad
        change = ((lab_grpo.answer_log_probs(model, batch, longest)[0] - before) * mask).sum(-1)
    assert change[rewards == 1].mean() > change[rewards == 0].mean()


def test_pairs_hold_a_right_and_a_wrong_answer_to_the_same_question():
    model = policy.start_policy(SFT(demonstrations=300, steps=40, batch_size=32), 0)
    pairs = lab_dpo.make_pairs(model, lab_dpo.SMOKE, (0,))
    assert len(pairs) > 10
    assert all(sorting.is_right(text, good) and not sorting.is_right(text, bad) for text, good, bad in pairs)
    assert not any(sorting.is_held_out(text) for text, _, _ in pairs)


def test_the_dpo_lab_starts_at_ln_2_and_reports_every_variant(tmp_path, capsys):
    lab_dpo.main(["--smoke", "--out", str(tmp_path)])
    result = read_result(capsys.readouterr().out)
    assert [row["name"] for row in result["variants"]] == ["DPO，β = 0.3", "符号写反"]
    assert all(row["curves"]["loss"][0] == pytest.approx(math.log(2), abs=1e-6) for row in result["variants"])
    assert result["start"]["kl"] == 0


def test_the_grpo_lab_repeats_and_reports_reward_length_and_kl(tmp_path, capsys):
    lab_grpo.main(["--smoke", "--out", str(tmp_path)])
    result = read_result(capsys.readouterr().out)
    assert len(result["variants"][0]["curves"]["reward"]) == len(result["steps"])
    assert {"reward", "length", "kl", "leaky", "reward_low", "reward_high"} <= set(result["variants"][0])


def test_a_start_that_is_never_right_is_one_line():
    size = lab_dpo.Size(prompts=8, candidates=2, steps=1, held_out=8)
    with pytest.raises(UserError, match="对"):
        lab_dpo.train(new_policy(0), new_policy(0), lab_dpo.VARIANTS[0], size, 0)


def test_the_figures_are_drawn(tmp_path):
    figures_preference.main(["--out", str(tmp_path)])
    assert sorted(path.stem for path in tmp_path.iterdir()) == sorted(figures_preference.FIGURES)
