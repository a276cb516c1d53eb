"""整个 Transformer：等于 nn.Transformer，以及对任何权重都成立的性质。"""

import math

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from Transformer.attention import PAD, causal_mask
from Transformer.convert import from_torch_state, to_torch, to_torch_state
from Transformer.transformer import CONFIGURATIONS, Transformer, count_parameters


@pytest.fixture(autouse=True)
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def small(norm="post", seed=0, **options) -> Transformer:
    """一个小模型；偏置与 LayerNorm 也随机，否则 0 与 1 会把错误藏起来。"""
    torch.manual_seed(seed)
    options = {"d_model": 12, "num_heads": 3, "num_layers": 2, "d_ff": 20, "dropout": 0.0, "max_length": 32} | options
    model = Transformer(17, 19, norm=norm, **options)
    for parameter in model.parameters():
        if parameter.dim() == 1:
            nn.init.uniform_(parameter, 0.2, 1.2)
    return model.eval()


def tokens(*shape, seed=0, vocab=17):
    return torch.randint(4, vocab, shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("norm", ["post", "pre"])
def test_outputs_and_gradients_equal_nn_transformer(norm):
    """权重复制过去，带填充的一批：输出、对词向量的梯度、对每个权重的梯度都相同。"""
    ours = small(norm).train()
    theirs = to_torch(ours)
    source, target = tokens(3, 7), tokens(3, 5, seed=1)
    source[1, 4:] = PAD
    hidden_source = source == PAD
    memory, mask = ours.encode(source)
    out = ours.decode(target, memory, mask)
    expected = theirs(
        ours.source(source).detach(),
        ours.target(target).detach(),
        tgt_mask=~causal_mask(5),
        src_key_padding_mask=hidden_source,
        memory_key_padding_mask=hidden_source,
    )
    torch.testing.assert_close(out, expected, atol=1e-5, rtol=1e-5)
    upstream = torch.randn(out.shape, generator=torch.Generator().manual_seed(2))
    (out * upstream).sum().backward()
    (expected * upstream).sum().backward()
    gradients = {name: p.grad for name, p in theirs.named_parameters()}
    holder = small(norm)
    from_torch_state(gradients, holder)  # 梯度与权重同形，用同一张对照表换过来
    for name, parameter in holder.named_parameters():
        if name.split(".")[0] in ("encoder", "decoder", "encoder_norm", "decoder_norm"):
            torch.testing.assert_close(ours.get_parameter(name).grad, parameter.data, atol=1e-4, rtol=1e-4, msg=name)


@pytest.mark.parametrize("norm", ["post", "pre"])
def test_weights_survive_the_round_trip_through_torch(norm):
    model, other = small(norm), small(norm, seed=1)
    from_torch_state(to_torch_state(model), other)
    for name, value in model.state_dict().items():
        if name.startswith(("encoder", "decoder")):
            assert torch.equal(value, other.state_dict()[name]), name


def test_weights_of_another_shape_are_refused():
    with pytest.raises(ValueError, match="键对不上"):
        from_torch_state(to_torch_state(small("pre")), small("post"))


def test_editing_a_future_token_never_changes_past_logits():
    model = small()
    source, target = tokens(2, 6), tokens(2, 8, seed=1)
    before = model(source, target)
    for t in range(1, 8):
        edited = target.clone()
        edited[:, t] = (edited[:, t] - 3) % 15 + 4
        assert torch.equal(model(source, edited)[:, :t], before[:, :t])


def test_source_padding_changes_no_real_position():
    model = small()
    source, target = tokens(2, 6), tokens(2, 8, seed=1)
    padded = F.pad(source, (0, 5), value=PAD)
    torch.testing.assert_close(model(padded, target), model(source, target))


def test_target_padding_changes_no_real_position():
    model = small()
    source, target = tokens(2, 6), tokens(2, 8, seed=1)
    torch.testing.assert_close(model(source, F.pad(target, (0, 3), value=PAD))[:, :8], model(source, target))


def test_sentences_in_a_batch_do_not_mix():
    model = small()
    source, target = tokens(3, 6), tokens(3, 8, seed=1)
    torch.testing.assert_close(model(source, target)[1:2], model(source[1:2], target[1:2]))


def test_the_encoder_without_positions_is_permutation_equivariant():
    order = torch.tensor([4, 0, 3, 1, 5, 2])
    source = tokens(2, 6)
    blind, seeing = small(positions="none"), small()
    torch.testing.assert_close(blind.encode(source[:, order])[0], blind.encode(source)[0][:, order])
    assert not torch.allclose(seeing.encode(source[:, order])[0], seeing.encode(source)[0][:, order], atol=1e-3)


def test_source_and_target_may_differ_in_length():
    assert small()(tokens(2, 11), tokens(2, 3)).shape == (2, 3, 19)


def test_logits_at_chosen_places_equal_the_full_ones():
    model = small()
    source, target = tokens(2, 6), tokens(2, 8, seed=1)
    where = torch.rand(2, 8, generator=torch.Generator().manual_seed(0)) < 0.5
    torch.testing.assert_close(model(source, target, where), model(source, target)[where])


def test_cached_decoding_equals_full_decoding():
    model = small()
    source, target = tokens(2, 6), tokens(2, 8, seed=1)
    source[1, 4:] = PAD
    memory, mask = model.encode(source)
    cache = model.new_cache()
    steps = [model.decode(target[:, t : t + 1], memory, mask, cache) for t in range(8)]
    torch.testing.assert_close(torch.cat(steps, dim=1), model.decode(target, memory, mask))


def test_several_new_words_with_a_filled_cache_are_refused():
    model, cache = small(), None
    memory, mask = model.encode(tokens(1, 4))
    cache = model.new_cache()
    model.decode(tokens(1, 1), memory, mask, cache)
    with pytest.raises(ValueError, match="一次只能接 1 个"):
        model.decode(tokens(1, 2), memory, mask, cache)


@pytest.mark.parametrize(("tie", "matrices"), [(False, 3), (True, 2), ("joint", 1)])
def test_tying_shares_one_matrix(tie, matrices):
    model = Transformer(17, 17, 12, 3, 1, 20, tie_embeddings=tie)
    names = (model.source.tokens.weight, model.target.tokens.weight, model.output.weight)
    assert len({weight.data_ptr() for weight in names}) == matrices
    assert count_parameters(model) == count_parameters(Transformer(17, 17, 12, 3, 1, 20)) + 17 * 12 * (matrices - 2)


def test_parameter_counts_follow_the_formula():
    """论文的 base：每层注意力 4(C² + C)，前馈 2·C·F + F + C，每个 LayerNorm 2C；词向量 V·C。"""
    C, F_, V, L = 512, 2048, 37000, 6
    attention, ffn, norm = 4 * (C * C + C), 2 * C * F_ + F_ + C, 2 * C
    expected = V * C + L * (attention + ffn + 2 * norm) + L * (2 * attention + ffn + 3 * norm)
    with torch.device("meta"):
        assert count_parameters(Transformer(**CONFIGURATIONS["base"])) == expected == 63_082_496


@pytest.mark.parametrize("norm", ["post", "pre"])
def test_the_loss_before_training_is_about_the_log_of_the_vocabulary(norm):
    torch.manual_seed(0)
    V = 1000
    model = Transformer(V, V, 64, 4, 2, 128, norm=norm).eval()
    source, target = tokens(16, 10, vocab=V), tokens(16, 10, seed=1, vocab=V)
    loss = F.cross_entropy(model(source, target).flatten(0, 1), tokens(16, 10, seed=2, vocab=V).flatten())
    assert loss.item() == pytest.approx(math.log(V) + 0.5, abs=0.35)  # logits 的方差约为 1，多出约 1/2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"norm": "middle"}, "norm='middle'，可选"),
        ({"positions": "x"}, "positions='x'，可选"),
        ({"tie_embeddings": "all"}, "tie_embeddings='all'，可选"),
        ({"tie_embeddings": "joint"}, "收到 17 与 19 个词"),
        ({"num_heads": 5}, "必须整除"),
    ],
)
def test_impossible_options_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        small(**options)
