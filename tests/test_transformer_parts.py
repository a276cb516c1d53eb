"""第 2 章的零件：注意力、掩码、位置、LayerNorm、编码器层与解码器层，与 torch 比较，以及对任何权重都成立的性质。"""

import doctest
import importlib
import math

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from book import repository_root
from Transformer.attention import KVCache, MultiHeadAttention, attention, causal_mask, padding_mask
from Transformer.layers import DecoderLayer, EncoderLayer, Residual, layer_norm
from Transformer.positional import (
    POSITIONS,
    frequencies,
    halves_order,
    rotate,
    rotate_halves,
    shift_matrix,
    sinusoidal,
)

FILES = (repository_root() / "Transformer").glob("*.py")
MODULES = sorted(path.stem for path in FILES if ">>>" in path.read_text(encoding="utf-8"))


@pytest.fixture(autouse=True)
def one_thread():
    """张量都很小，线程只会互相等；结束后还原，别的测试不受影响。"""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def randn(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def random_mask(*shape, seed=0):
    """随机的掩码，每行至少一个 True。"""
    mask = torch.rand(*shape, generator=torch.Generator().manual_seed(seed)) < 0.5
    mask[..., 0] = True
    return mask


@pytest.mark.parametrize("name", MODULES)
def test_docstring_examples_run(name):
    result = doctest.testmod(importlib.import_module(f"Transformer.{name}"))
    assert result.failed == 0
    assert result.attempted > 0


# ---- 点积注意力


@pytest.mark.parametrize("masked", [False, True])
def test_attention_equals_torch(masked):
    q, k, v = randn(2, 3, 5, 8), randn(2, 3, 7, 8, seed=1), randn(2, 3, 7, 8, seed=2)
    mask = random_mask(2, 1, 5, 7) if masked else None
    torch.testing.assert_close(attention(q, k, v, mask)[0], F.scaled_dot_product_attention(q, k, v, mask))


def test_gradients_of_attention_equal_torch():
    inputs = [randn(2, 5, 8, seed=i).requires_grad_() for i in range(3)]
    mask, upstream = causal_mask(5), randn(2, 5, 8, seed=9)
    ours = torch.autograd.grad((attention(*inputs, mask)[0] * upstream).sum(), inputs)
    reference = torch.autograd.grad((F.scaled_dot_product_attention(*inputs, mask) * upstream).sum(), inputs)
    for a, b in zip(ours, reference):
        torch.testing.assert_close(a, b)


def test_weights_are_a_distribution_over_the_visible_keys():
    mask = random_mask(2, 4, 6)
    weights = attention(randn(2, 4, 8), randn(2, 6, 8, seed=1), randn(2, 6, 8, seed=2), mask)[1]
    torch.testing.assert_close(weights.sum(-1), torch.ones(2, 4))
    assert (weights >= 0).all()
    assert (weights[~mask] == 0).all()


def test_permuting_the_dictionary_entries_changes_nothing():
    q, k, v, order = randn(4, 8), randn(6, 8, seed=1), randn(6, 8, seed=2), torch.tensor([3, 0, 5, 1, 4, 2])
    torch.testing.assert_close(attention(q, k[order], v[order])[0], attention(q, k, v)[0])


def test_scores_have_unit_variance_only_with_the_root():
    """随机的 q、k：q·k 的方差约为 D，除以 √D 之后约为 1。"""
    D = 256
    dots = (randn(4000, D) * randn(4000, D, seed=1)).sum(-1)
    assert dots.var().item() == pytest.approx(D, rel=0.1)
    assert (dots / math.sqrt(D)).var().item() == pytest.approx(1, rel=0.1)


def test_a_query_that_may_look_at_nothing_gives_nan_as_documented():
    out = attention(randn(1, 2), randn(3, 2), randn(3, 2), torch.zeros(1, 3, dtype=torch.bool))[0]
    assert out.isnan().all()


# ---- 多头注意力


def copy_into_torch(ours: MultiHeadAttention, theirs: nn.MultiheadAttention) -> None:
    parts = (ours.query, ours.key, ours.value)
    with torch.no_grad():
        theirs.in_proj_weight.copy_(torch.cat([p.weight for p in parts]))
        theirs.in_proj_bias.copy_(torch.cat([p.bias for p in parts]))
        theirs.out_proj.load_state_dict(ours.output.state_dict())


@pytest.mark.parametrize("keep_weights", [False, True])
@pytest.mark.parametrize("causal", [False, True])
def test_multi_head_attention_equals_torch(keep_weights, causal):
    ours, theirs = MultiHeadAttention(12, 3), nn.MultiheadAttention(12, 3, batch_first=True)
    copy_into_torch(ours, theirs)
    ours.keep_weights = keep_weights
    x, memory = randn(2, 5, 12), randn(2, 5 if causal else 7, 12, seed=1)
    hidden = ~causal_mask(5) if causal else None  # torch 的掩码相反：True 是不能看
    expected, weights = theirs(x, memory, memory, attn_mask=hidden, average_attn_weights=False)
    torch.testing.assert_close(ours(x, memory, causal=causal), expected)
    if keep_weights:
        torch.testing.assert_close(ours.weights, weights)


def test_multi_head_attention_respects_padding_like_torch():
    ours, theirs = MultiHeadAttention(12, 3), nn.MultiheadAttention(12, 3, batch_first=True)
    copy_into_torch(ours, theirs)
    tokens = torch.tensor([[4, 5, 6, 0], [7, 8, 0, 0]])
    x, memory = randn(2, 5, 12), randn(2, 4, 12, seed=1)
    expected = theirs(x, memory, memory, key_padding_mask=tokens == 0)[0]
    torch.testing.assert_close(ours(x, memory, padding_mask(tokens)), expected)


@pytest.mark.parametrize("keep_weights", [False, True])
def test_a_padding_mask_and_causal_hold_together(keep_weights):
    module, x = MultiHeadAttention(8, 2), randn(2, 4, 8)
    padding = padding_mask(torch.tensor([[4, 5, 6, 7], [7, 8, 0, 0]]))
    expected = module(x, x, padding & causal_mask(4))
    module.keep_weights = keep_weights
    torch.testing.assert_close(module(x, x, padding, causal=True), expected)


def test_a_mask_that_is_not_boolean_is_refused():
    with pytest.raises(ValueError, match="要布尔的：True 是能看"):
        MultiHeadAttention(8, 2)(randn(1, 3, 8), randn(1, 3, 8), torch.ones(3, 3))


def test_each_head_sees_only_its_own_slice_of_channels():
    """把第 0 个头的 value 清零，输出投影之前变的只有前 D 个通道。"""
    module = MultiHeadAttention(8, 2)
    nn.init.eye_(module.output.weight)
    x = randn(1, 3, 8)
    before = module(x, x)
    with torch.no_grad():
        module.value.weight[:4] = 0
        module.value.bias[:4] = 0
    after = module(x, x)
    assert not torch.allclose(before[..., :4], after[..., :4])
    assert torch.equal(before[..., 4:], after[..., 4:])


def test_heads_that_do_not_divide_the_width_are_refused_with_a_number_that_does():
    with pytest.raises(ValueError, match=r"num_heads=5 必须整除 d_model=12.*试试 4"):
        MultiHeadAttention(12, 5)
    with pytest.raises(ValueError, match="试试 1"):
        MultiHeadAttention(12, 0)


def test_cached_attention_equals_attention_over_everything():
    module, x = MultiHeadAttention(8, 2), randn(2, 6, 8)
    cache = KVCache()
    steps = [module(x[:, t : t + 1], x[:, t : t + 1], causal=True, cache=cache) for t in range(6)]
    torch.testing.assert_close(torch.cat(steps, dim=1), module(x, x, causal=True))
    assert cache.length == 6


def test_a_fixed_cache_computes_the_keys_once():
    module, cache = MultiHeadAttention(8, 2), KVCache(fixed=True)
    memory = randn(1, 4, 8)
    first = module(randn(1, 1, 8, seed=1), memory, cache=cache)
    again = module(randn(1, 1, 8, seed=1), torch.full_like(memory, math.nan), cache=cache)
    assert torch.equal(first, again)


# ---- 位置


def test_sinusoidal_equals_the_definition_of_the_paper():
    T, C = 7, 6
    for t, row in enumerate(sinusoidal(T, C).tolist()):
        for i in range(C // 2):
            angle = t / 10000 ** (2 * i / C)
            assert row[2 * i : 2 * i + 2] == pytest.approx([math.sin(angle), math.cos(angle)], abs=1e-6)


@pytest.mark.parametrize("k", [1, 5, -3])
def test_shifting_by_k_is_one_rotation_for_every_position(k):
    table = sinusoidal(40, 16)
    moved = table[10:20] @ shift_matrix(k, 16).T
    torch.testing.assert_close(moved, table[10 + k : 20 + k], atol=1e-5, rtol=0)


def test_the_dot_product_of_two_encodings_depends_only_on_their_distance():
    table = sinusoidal(50, 32)
    products = table @ table.T
    for distance in (0, 3, 17):
        diagonal = products.diagonal(distance)
        torch.testing.assert_close(diagonal, diagonal[:1].expand_as(diagonal), atol=1e-4, rtol=0)


def test_rotary_scores_do_not_change_when_everything_moves():
    q, k = randn(1, 5, 8), randn(1, 5, 8, seed=1)
    here = rotate(q) @ rotate(k).transpose(-2, -1)
    there = rotate(q, start=30) @ rotate(k, start=30).transpose(-2, -1)
    torch.testing.assert_close(here, there, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(rotate(q).norm(dim=-1), q.norm(dim=-1))


def test_the_two_rotary_layouts_agree_once_the_channels_are_reordered():
    x, order = randn(2, 5, 8), halves_order(8)
    torch.testing.assert_close(rotate_halves(x[..., order], start=7), rotate(x, start=7)[..., order])
    assert not torch.allclose(rotate_halves(x), rotate(x), atol=1e-2)


def test_learned_positions_start_as_large_as_sinusoidal_ones():
    torch.manual_seed(0)
    learned, fixed = (POSITIONS[name](200, 64).table.square().mean().item() for name in ("learned", "sinusoidal"))
    assert fixed == pytest.approx(0.5, abs=1e-6)
    assert learned == pytest.approx(fixed, rel=0.05)


@pytest.mark.parametrize("name", POSITIONS)
def test_positions_started_later_continue_the_table(name):
    module = POSITIONS[name](10, 6)
    x = randn(2, 7, 6)
    torch.testing.assert_close(torch.cat([module(x[:, :3]), module(x[:, 3:], start=3)], dim=1), module(x))


def test_positions_beyond_the_table_are_refused():
    with pytest.raises(ValueError, match="位置到了 11，表只有 10 行"):
        POSITIONS["sinusoidal"](10, 4)(torch.zeros(1, 11, 4))
    with pytest.raises(ValueError, match="必须是偶数"):
        frequencies(5)


# ---- 归一化、残差、层


def test_layer_norm_and_its_gradients_equal_torch():
    x = (3 + 2 * randn(2, 5, 8)).requires_grad_()
    weight, bias = (randn(8, seed=i).requires_grad_() for i in (1, 2))
    ours, reference = layer_norm(x, weight, bias), F.layer_norm(x, (8,), weight, bias)
    torch.testing.assert_close(ours, reference)
    upstream = randn(2, 5, 8, seed=3)
    for a, b in zip(*(torch.autograd.grad((y * upstream).sum(), (x, weight, bias)) for y in (ours, reference))):
        torch.testing.assert_close(a, b)


def test_layer_norm_puts_eps_inside_the_root():
    """方差很小时 ε 的位置看得出来：1e-3 的一对 ±，根号里与根号外差 3 倍多。"""
    x = torch.tensor([1e-3, -1e-3])
    inside = layer_norm(x, torch.ones(2), torch.zeros(2))
    torch.testing.assert_close(inside, F.layer_norm(x, (2,)))
    assert (inside[0] - x[0] / (x.std(unbiased=False) + 1e-5)).abs() > 0.5


def copy_layer(ours, theirs, attentions: dict[str, str]) -> None:
    for a, b in attentions.items():
        copy_into_torch(getattr(ours, a), getattr(theirs, b))
    theirs.linear1.load_state_dict(ours.feed_forward.up.state_dict())
    theirs.linear2.load_state_dict(ours.feed_forward.down.state_dict())
    for i, residual in enumerate(ours.residuals):
        nn.init.uniform_(residual.norm.weight)
        getattr(theirs, f"norm{i + 1}").load_state_dict(residual.norm.state_dict())


@pytest.mark.parametrize("norm", ["post", "pre"])
def test_encoder_layer_equals_torch(norm):
    ours = EncoderLayer(12, 3, 20, norm=norm)
    theirs = nn.TransformerEncoderLayer(12, 3, 20, dropout=0, batch_first=True, norm_first=norm == "pre")
    copy_layer(ours, theirs, {"attention": "self_attn"})
    tokens, x = torch.tensor([[4, 5, 6, 7], [7, 8, 0, 0]]), randn(2, 4, 12)
    expected = theirs(x, src_key_padding_mask=tokens == 0)
    torch.testing.assert_close(ours(x, padding_mask(tokens))[tokens != 0], expected[tokens != 0])


@pytest.mark.parametrize("norm", ["post", "pre"])
def test_decoder_layer_equals_torch(norm):
    ours = DecoderLayer(12, 3, 20, norm=norm)
    theirs = nn.TransformerDecoderLayer(12, 3, 20, dropout=0, batch_first=True, norm_first=norm == "pre")
    copy_layer(ours, theirs, {"self_attention": "self_attn", "cross_attention": "multihead_attn"})
    x, memory = randn(2, 5, 12), randn(2, 7, 12, seed=1)
    expected = theirs(x, memory, tgt_mask=~causal_mask(5))
    torch.testing.assert_close(ours(x, memory), expected)


@pytest.mark.parametrize("norm", ["post", "pre"])
def test_a_zeroed_sublayer_makes_only_the_pre_norm_block_the_identity(norm):
    block = Residual(8, dropout=0.0, norm=norm)
    x = 3 + 2 * randn(2, 4, 8)
    out = block(x, torch.zeros_like)
    assert torch.equal(out, x) == (norm == "pre")
    if norm == "post":
        torch.testing.assert_close(out, F.layer_norm(x, (8,)))


def test_an_unknown_order_of_norm_and_residual_is_refused():
    with pytest.raises(ValueError, match="'prenorm'，可选 'post'、'pre'"):
        Residual(8, dropout=0.0, norm="prenorm")
