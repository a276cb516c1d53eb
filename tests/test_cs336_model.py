"""第 4 章的语言模型：等于 transformers 的 Llama，对任何权重都成立的性质，检查点、数据、记账。"""

import io
import os
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from book import CheckpointError, UserError, read_result
from CS336.Transformer import (
    AdamW,
    MultiHeadSelfAttention,
    RotaryEmbedding,
    TransformerBlock,
    TransformerLM,
    accounting,
    cross_entropy,
    get_batch,
    load_checkpoint,
    save_checkpoint,
)
from CS336.Transformer import model as model_module
from CS336.Transformer.convert import from_llama_state, llama_config, name_pairs, pair_order, to_llama_state
from CS336.Transformer.data import open_tokens, write_tokens
from CS336.Transformer.model import count_parameters

SHAPES = [  # V、T、C、L、H、F
    (17, 12, 16, 2, 2, 24),
    (31, 9, 24, 1, 6, None),
    (11, 20, 12, 3, 1, 20),
]


@pytest.fixture(autouse=True)
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    yield
    torch.set_num_threads(threads)


def small(seed=0, shape=SHAPES[0], **options) -> TransformerLM:
    """一个小模型；归一化的增益也随机，全是 1 会把错误藏起来。"""
    torch.manual_seed(seed)
    model = TransformerLM(*shape, **options)
    for parameter in model.parameters():
        if parameter.dim() == 1:
            nn.init.uniform_(parameter, 0.3, 1.7)
    return model.eval()


def tokens(*shape, vocab=17, seed=0):
    return torch.randint(vocab, shape, generator=torch.Generator().manual_seed(seed))


# ---- 等于 Llama


@pytest.mark.parametrize("theta", [10000.0, 500.0])
@pytest.mark.parametrize("shape", SHAPES)
def test_outputs_and_gradients_equal_llama(shape, theta):
    from transformers import LlamaForCausalLM

    ours = small(shape=shape, rope_theta=theta)
    theirs = LlamaForCausalLM(llama_config(ours, theta)).eval()
    theirs.load_state_dict(to_llama_state(ours), strict=True)
    ids, targets = tokens(3, shape[1], vocab=shape[0]), tokens(3, shape[1], vocab=shape[0], seed=1)
    logits, expected = ours(ids), theirs(ids).logits
    torch.testing.assert_close(logits, expected, atol=1e-5, rtol=1e-5)
    cross_entropy(logits, targets).backward()
    nn.functional.cross_entropy(expected.flatten(0, 1), targets.flatten()).backward()
    gradients = from_llama_state({name: p.grad for name, p in theirs.named_parameters()}, shape[3], shape[4])
    for name, parameter in ours.named_parameters():
        torch.testing.assert_close(parameter.grad, gradients[name], atol=1e-6, rtol=1e-4, msg=name)


@pytest.mark.parametrize("shape", SHAPES)
def test_weights_survive_the_round_trip_through_llama(shape):
    ours = small(shape=shape)
    back = from_llama_state(to_llama_state(ours), shape[3], shape[4])
    assert back.keys() == ours.state_dict().keys()
    assert all(torch.equal(back[name], value) for name, value in ours.state_dict().items())


def test_weights_of_llama_load_into_our_model():
    from transformers import LlamaForCausalLM

    ours = small()
    theirs = LlamaForCausalLM(llama_config(ours)).eval()
    ours.load_state_dict(from_llama_state(theirs.state_dict(), 2, 2), strict=True)
    ids = tokens(2, 7)
    torch.testing.assert_close(ours(ids), theirs(ids).logits, atol=1e-5, rtol=1e-5)


def test_the_pairing_of_llama_needs_the_reordering():
    """不重排就换过去：形状都对，名字都对，输出却不同。"""
    from transformers import LlamaForCausalLM

    ours = small()
    theirs = LlamaForCausalLM(llama_config(ours)).eval()
    theirs.load_state_dict({new: ours.state_dict()[old] for old, new in name_pairs(2).items()}, strict=True)
    ids = tokens(2, 7)
    assert (ours(ids) - theirs(ids).logits).abs().max() > 0.01
    assert sorted(pair_order(8).tolist()) == list(range(8))


# ---- 对任何权重都成立的性质


@pytest.mark.parametrize("options", [{}, {"norm": "post"}, {"norm": "none"}, {"ffn": "silu"}, {"rope_theta": None}])
def test_editing_a_future_token_never_changes_past_logits(options):
    model, ids = small(**options), tokens(2, 12)
    before = model(ids)
    for t in range(1, 12):
        edited = ids.clone()
        edited[:, t:] = (edited[:, t:] + 1) % 17
        after = model(edited)
        assert (after - before)[:, :t].abs().max() == 0
        assert (after - before)[:, t].abs().max() > 0


def test_without_positions_the_order_of_earlier_tokens_does_not_matter():
    """没有 RoPE 时，最后一个位置看到的是一个集合；有 RoPE 就不同。"""
    ids = tokens(1, 8)
    shuffled = torch.cat([ids[:, [4, 2, 0, 6, 1, 3, 5]], ids[:, 7:]], dim=1)
    shape = (17, 12, 16, 1, 2, 24)  # 一块：更深时前面的位置各自看到不同的前缀
    for theta, same in ((None, True), (10000.0, False)):
        model = small(shape=shape, rope_theta=theta)
        assert torch.allclose(model(ids)[:, -1], model(shuffled)[:, -1], atol=1e-6) == same


def test_sentences_in_a_batch_do_not_mix():
    model, ids = small(), tokens(3, 8)
    torch.testing.assert_close(model(ids)[1:2], model(ids[1:2]))


@pytest.mark.parametrize("cuts", [[1] * 12, [5, 7], [3, 1, 1, 7]])
def test_a_cached_forward_equals_the_full_forward(cuts):
    model, ids = small(), tokens(2, 12)
    cache, parts = model.new_cache(), []
    for piece in ids.split(cuts, dim=1):
        parts.append(model(piece, cache=cache))
    torch.testing.assert_close(torch.cat(parts, dim=1), model(ids), atol=1e-5, rtol=1e-5)
    assert [len(layer) for layer in cache] == [12, 12]


@pytest.mark.parametrize("padding", [1, 4])
def test_invisible_left_padding_never_changes_real_rows(padding):
    model, ids = small(), tokens(2, 7)
    visible = torch.ones(2, 7 + padding, dtype=torch.bool)
    visible[:, :padding] = False
    expected = model(ids)
    for filler in (0, 9):
        padded = torch.cat([torch.full((2, padding), filler), ids], dim=1)
        out = model(padded, visible=visible)
        torch.testing.assert_close(out[:, padding:], expected, atol=1e-5, rtol=1e-5)
        assert out.isfinite().all()  # 填充处看得见自己：不是 nan，真词的梯度就不会坏
        loss = out[:, padding:].square().mean()
        assert all(grad.isfinite().all() for grad in torch.autograd.grad(loss, list(model.parameters())))


def test_padding_stays_invisible_through_the_cache():
    model, ids = small(), tokens(1, 6)
    padded = torch.cat([torch.full((1, 3), 4), ids], dim=1)
    visible, cache = torch.tensor([[False] * 3 + [True] * 6]), model.new_cache()
    model(padded[:, :7], cache=cache, visible=visible[:, :7])
    last = [model(padded[:, t : t + 1], cache=cache, visible=visible[:, : t + 1]) for t in (7, 8)]
    torch.testing.assert_close(torch.cat(last, dim=1), model(ids)[:, 4:], atol=1e-5, rtol=1e-5)


def test_only_queries_and_keys_are_rotated():
    """全部位置转同样的角：注意力只看差，输出不变；value 若也转了就会变。"""
    x = torch.randn(2, 5, 8)
    attention = MultiHeadSelfAttention(8, 2, RotaryEmbedding(4, 128))
    same_place = torch.full((5,), 3)
    expected = MultiHeadSelfAttention(8, 2)
    expected.load_state_dict(attention.state_dict())
    torch.testing.assert_close(attention(x, same_place), expected(x))
    shifted = torch.arange(5) + 40
    torch.testing.assert_close(attention(x, shifted), attention(x), atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(attention(x, torch.stack([shifted, shifted - 40])), attention(x), atol=1e-5, rtol=1e-5)
    assert not torch.allclose(attention(x, shifted * 2), attention(x), atol=1e-3)


def test_a_block_whose_outputs_are_zero_is_the_identity_only_before_the_norm():
    for norm, identity in (("pre", True), ("post", False), ("none", True)):
        block, x = TransformerBlock(8, 2, 16, norm=norm), torch.randn(2, 3, 8)
        nn.init.zeros_(block.attn.output_proj.weight)
        nn.init.zeros_(block.ffn.w2.weight)
        assert torch.equal(block(x), x) == identity


@pytest.mark.parametrize("norm", ["pre", "post", "none"])
def test_a_block_puts_its_norms_where_it_says(norm):
    block, x = TransformerBlock(8, 2, 16, norm=norm), torch.randn(2, 3, 8)
    attn, ffn, ln1, ln2 = block.attn, block.ffn, block.ln1, block.ln2
    if norm == "post":
        middle = ln1(x + attn(x))
        expected = ln2(middle + ffn(middle))
    else:
        middle = x + attn(ln1(x))
        expected = middle + ffn(ln2(middle))
    torch.testing.assert_close(block(x), expected)


# ---- 大小、名字、错误


def expected_keys(num_layers: int) -> set[str]:
    parts = ["ln1", "ln2", *(f"attn.{p}" for p in ("q_proj", "k_proj", "v_proj", "output_proj"))]
    parts += [f"ffn.{w}" for w in ("w1", "w2", "w3")]
    layers = {f"layers.{i}.{part}.weight" for i in range(num_layers) for part in parts}
    return layers | {"token_embeddings.weight", "ln_final.weight", "lm_head.weight"}


@pytest.mark.parametrize("shape", SHAPES)
def test_the_state_dict_has_exactly_the_stated_keys_and_loads_strictly(shape):
    model, other = small(shape=shape), small(seed=1, shape=shape)
    assert model.state_dict().keys() == expected_keys(shape[3])
    other.load_state_dict(model.state_dict(), strict=True)
    ids = tokens(2, 6, vocab=shape[0])
    assert torch.equal(model(ids), other(ids))
    with pytest.raises(RuntimeError, match="Unexpected key"):
        other.load_state_dict({**model.state_dict(), "layers.0.attn.q_proj.bias": torch.zeros(1)})


def test_a_new_model_knows_nothing():
    """刚初始化的损失比 ln V 高一点：logits 的方差约 2C/(C+V)，它的一半加在 ln V 上。"""
    model = TransformerLM(1000, 32, 64, 2, 4)
    loss = cross_entropy(model(tokens(8, 32, vocab=1000)), tokens(8, 32, vocab=1000, seed=1)).item()
    assert 6.90 < loss < 7.15


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float64])
def test_the_model_takes_a_dtype(dtype):
    model = TransformerLM(*SHAPES[0], dtype=dtype)
    assert {p.dtype for p in model.parameters()} == {dtype}
    out = model(tokens(2, 5))
    assert out.dtype == dtype
    reference = TransformerLM(*SHAPES[0])
    reference.load_state_dict(model.state_dict())
    tolerance = 0.1 if dtype == torch.bfloat16 else 1e-4
    torch.testing.assert_close(out.float(), reference(tokens(2, 5)), atol=tolerance, rtol=tolerance)


def test_the_model_takes_a_device():
    model = TransformerLM(*SHAPES[0], device="meta")
    assert {t.device.type for t in (*model.parameters(), *model.buffers())} == {"meta"}
    assert model(torch.zeros(2, 5, dtype=torch.long, device="meta")).shape == (2, 5, 17)


def test_all_blocks_share_one_rotation_table():
    model = small()
    assert len({id(layer.attn.rope) for layer in model.layers}) == 1
    assert model.context_length == 12
    assert small(rope_theta=None).layers[0].attn.rope is None


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"num_heads": 3}, "num_heads=3 必须整除 d_model=16"),
        ({"num_heads": 0}, "num_heads=0 必须整除"),
        ({"num_heads": 16}, "head_dim=1 必须是偶数"),
        ({"norm": "rms"}, "norm='rms'"),
        ({"ffn": "relu"}, "ffn='relu'"),
    ],
)
def test_impossible_settings_are_refused(options, message):
    settings = {"vocab_size": 17, "context_length": 8, "d_model": 16, "num_layers": 1, "num_heads": 2} | options
    with pytest.raises(ValueError, match=message):
        TransformerLM(**settings)


def test_a_sentence_that_is_too_long_is_refused_with_and_without_cache():
    model, cache = small(), small().new_cache()
    with pytest.raises(ValueError, match="13 个词，上限 context_length=12"):
        model(tokens(1, 13))
    model(tokens(1, 12), cache=cache)
    with pytest.raises(ValueError, match="13 个词"):
        model(tokens(1, 1), cache=cache)


def test_a_sentence_without_a_batch_axis_is_refused():
    for shape in ((5,), (), (1, 2, 5)):
        with pytest.raises(ValueError, match=r"要 \(B, T\)"):
            small()(torch.zeros(shape, dtype=torch.long))


def test_a_token_id_outside_the_vocabulary_is_refused():
    for wrong in (-1, 17):
        with pytest.raises(ValueError, match=rf"词编号 {wrong} 不在 0\.\.16"):
            small()(torch.tensor([[1, wrong]]))


def test_the_model_learns_to_repeat_a_cycle():
    model, ids = small(), torch.arange(13) % 5
    optimizer = AdamW(model.parameters(), lr=1e-2)
    for _ in range(40):
        optimizer.zero_grad()
        loss = cross_entropy(model(ids[None, :-1]), ids[None, 1:])
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.05


# ---- 检查点


def trained(seed=0, shape=SHAPES[0]):
    model = small(seed, shape)
    optimizer = AdamW(model.parameters(), lr=1e-2)
    for step in range(2):
        optimizer.zero_grad()
        cross_entropy(model(tokens(2, 8, seed=step)), tokens(2, 8, seed=step + 5)).backward()
        optimizer.step()
    return model, optimizer


def snapshot(model, optimizer):
    moments = [optimizer.state[p][name].clone() for p in model.parameters() for name in ("m", "v")]
    return [p.detach().clone() for p in model.parameters()] + moments


@pytest.mark.parametrize("kind", ["path", "string", "file"])
def test_a_checkpoint_restores_model_optimizer_and_step(kind, tmp_path):
    model, optimizer = trained()
    place = {"path": tmp_path / "a" / "c.pt", "string": str(tmp_path / "c.pt"), "file": io.BytesIO()}[kind]
    save_checkpoint(place, model, optimizer, 7, note="数字、文字都行")
    if kind == "file":
        place.seek(0)
    other, second = trained(seed=1)
    assert load_checkpoint(place, other, second) == 7
    assert all(torch.equal(a, b) for a, b in zip(snapshot(model, optimizer), snapshot(other, second)))
    if kind == "file":
        place.seek(0)
    raw = torch.load(place, weights_only=True)
    assert raw["note"] == "数字、文字都行"
    assert raw["step"] == 7


def test_a_checkpoint_loads_into_a_model_alone(tmp_path):
    model, optimizer = trained()
    save_checkpoint(tmp_path / "c.pt", model, optimizer, 3)
    other = small(seed=1)
    assert load_checkpoint(tmp_path / "c.pt", other) == 3
    assert torch.equal(other(tokens(1, 4)), model(tokens(1, 4)))


def test_a_checkpoint_of_another_shape_leaves_everything_untouched(tmp_path):
    wide = replace_shape(C=20)
    for name, shape in (("wide", wide), ("deep", replace_shape(L=3)), ("vocabulary", replace_shape(V=18))):
        save_checkpoint(tmp_path / f"{name}.pt", *trained(shape=shape), 1)
        model, optimizer = trained()
        before = snapshot(model, optimizer)
        with pytest.raises(CheckpointError, match="与模型不符") as caught:
            load_checkpoint(tmp_path / f"{name}.pt", model, optimizer)
        assert "\n" not in str(caught.value)
        assert all(torch.equal(a, b) for a, b in zip(before, snapshot(model, optimizer)))


def replace_shape(**changes) -> tuple:
    sizes = replace(accounting.Shape(*SHAPES[0]), **changes)
    return (sizes.V, sizes.T, sizes.C, sizes.L, sizes.H, sizes.F)


def test_other_parameter_groups_are_refused_before_anything_changes(tmp_path):
    save_checkpoint(tmp_path / "c.pt", *trained(), 1)
    model = small(seed=1)
    norms = [p for p in model.parameters() if p.dim() == 1]
    groups = [{"params": norms}, {"params": [p for p in model.parameters() if p.dim() == 2]}]
    before = [p.detach().clone() for p in model.parameters()]
    with pytest.raises(CheckpointError, match="分组"):
        load_checkpoint(tmp_path / "c.pt", model, AdamW(groups))
    assert all(torch.equal(a, b) for a, b in zip(before, model.parameters()))


@pytest.mark.parametrize("damage", ["missing", "empty", "cut", "text", "other", "folder"])
def test_a_broken_checkpoint_is_one_chinese_line(damage, tmp_path):
    path = tmp_path / "c.pt"
    if damage == "folder":
        path.mkdir()
    elif damage != "missing":
        save_checkpoint(path, *trained(), 1)
        content = path.read_bytes()
        path.write_bytes({"empty": b"", "cut": content[: len(content) // 2], "text": b"hello"}.get(damage, content))
    if damage == "other":
        torch.save({"weights": torch.zeros(2)}, path)
    with pytest.raises(CheckpointError, match="检查点") as caught:
        load_checkpoint(path, small())
    assert "\n" not in str(caught.value)


class Trap:
    """反序列化时会建一个目录的对象：不加 weights_only 就会执行。"""

    def __init__(self, place: str):
        self.place = place

    def __reduce__(self):
        return os.mkdir, (self.place,)


def test_code_inside_a_checkpoint_is_refused_in_one_line_and_never_runs(tmp_path):
    state = {"model": {}, "optimizer": {}, "step": 1, "note": Trap(str(tmp_path / "ran"))}
    torch.save(state, tmp_path / "c.pt")
    with pytest.raises(CheckpointError, match="读不出来") as caught:
        load_checkpoint(tmp_path / "c.pt", small())
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "ran").exists()


def test_saving_over_a_checkpoint_is_atomic(tmp_path, monkeypatch):
    """写到一半出错：旧的检查点还读得出来，也没有留下半个文件。"""
    path, (model, optimizer) = tmp_path / "c.pt", trained()
    save_checkpoint(path, model, optimizer, 1)

    def broken(*args):
        raise OSError("磁盘满")

    monkeypatch.setattr("os.replace", broken)
    with pytest.raises(OSError, match="磁盘满"):
        save_checkpoint(path, model, optimizer, 2)
    assert load_checkpoint(path, model, optimizer) == 1
    assert [file.name for file in tmp_path.iterdir()] == ["c.pt"]


# ---- 数据


@pytest.mark.parametrize("kind", ["array", "tensor", "memmap", "list"])
def test_targets_are_the_inputs_shifted_by_one(kind, tmp_path):
    write_tokens(tmp_path / "t.bin", range(50))
    sources = {"array": np.arange(50), "tensor": torch.arange(50), "list": list(range(50))}
    corpus = open_tokens(tmp_path / "t.bin", 50) if kind == "memmap" else sources[kind]
    x, y = get_batch(corpus, 8, 6, generator=torch.Generator().manual_seed(0))
    assert (x.shape, y.shape, x.dtype, y.dtype) == ((8, 6), (8, 6), torch.int64, torch.int64)
    assert torch.equal(y, x + 1)
    assert torch.equal(x[:, 1:], y[:, :-1])


def test_every_window_is_reached_and_none_runs_past_the_end():
    """10 个词、长 4：起点恰是 0 到 5，各占六分之一。"""
    x, y = get_batch(np.arange(10), 6000, 4, generator=torch.Generator().manual_seed(0))
    starts = x[:, 0].bincount()
    assert len(starts) == 6
    assert y.max() == 9
    assert (starts / 6000 - 1 / 6).abs().max() < 0.02


def test_batches_are_decided_by_the_generator():
    corpus = np.arange(1000)
    a, b, c = (get_batch(corpus, 4, 8, generator=torch.Generator().manual_seed(seed))[0] for seed in (1, 1, 2))
    assert torch.equal(a, b)
    assert not torch.equal(a, c)


@pytest.mark.parametrize(("count", "fits"), [(6, True), (5, False), (0, False)])
def test_the_shortest_corpus_is_one_window_and_its_target(count, fits):
    if fits:
        assert get_batch(np.arange(count), 2, 5)[1][0].tolist() == [1, 2, 3, 4, 5]
    else:
        with pytest.raises(ValueError, match=f"语料有 {count} 个词，至少要 context_length\\+1=6"):
            get_batch(np.arange(count), 2, 5)


def test_tokens_survive_the_round_trip_through_a_file_of_two_bytes_each(tmp_path):
    ids = [0, 1, 255, 256, 65535] * 30_000  # 大于一次写的块
    assert write_tokens(tmp_path / "t.bin", iter(ids)) == len(ids)
    stored = open_tokens(tmp_path / "t.bin", 65536)
    assert isinstance(stored, np.memmap)
    assert (stored.dtype, len(stored)) == (np.dtype("<u2"), len(ids))
    assert stored.tolist() == ids
    assert (tmp_path / "t.bin").read_bytes()[6:8] == b"\x00\x01"  # 256，低字节在前


@pytest.mark.parametrize("wrong", [-3, 65536])
def test_an_id_that_does_not_fit_leaves_the_old_file(wrong, tmp_path):
    write_tokens(tmp_path / "t.bin", [1, 2])
    with pytest.raises(UserError, match=f"编号 {wrong} 放不进"):
        write_tokens(tmp_path / "t.bin", [5, wrong])
    assert open_tokens(tmp_path / "t.bin", 10).tolist() == [1, 2]
    assert [file.name for file in tmp_path.iterdir()] == ["t.bin"]


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "0 字节"), (b"", "0 字节"), (b"abc", "3 字节"), (b"\x09\x00\x0a\x00", "编号 10，词表只有 10")],
)
def test_a_broken_token_file_is_one_chinese_line(content, message, tmp_path):
    if content is not None:
        (tmp_path / "t.bin").write_bytes(content)
    with pytest.raises(UserError, match=message) as caught:
        open_tokens(tmp_path / "t.bin", 10)
    assert "\n" not in str(caught.value)


# ---- 记账


@pytest.mark.parametrize("name", accounting.SHAPES)
def test_counted_parameters_and_flops_equal_those_of_torch(name):
    """在 meta 上跑：只有形状，没有数，gpt2-xl 也不花内存。"""
    s = accounting.SHAPES[name]
    model = TransformerLM(s.V, s.T, s.C, s.L, s.H, s.F, device="meta")
    assert count_parameters(model) == sum(accounting.parameter_groups(s).values())
    ids = torch.zeros(2, s.T, dtype=torch.long, device="meta")
    with FlopCounterMode(display=False) as forward:
        logits = model(ids)
    assert forward.get_total_flops() == sum(accounting.forward_flops(s, B=2).values())
    with FlopCounterMode(display=False) as backward:
        cross_entropy(logits, ids).backward()
    total = forward.get_total_flops() + backward.get_total_flops()
    assert total == accounting.training_flops(s, B=2)


def test_the_groups_of_parameters_are_where_they_say():
    s = accounting.SHAPES["small"]
    model, groups = TransformerLM(s.V, s.T, s.C, s.L, s.H, s.F), accounting.parameter_groups(s)
    names = {"embedding": "token_embeddings", "attention": ".attn.", "ffn": ".ffn.", "norm": "ln", "lm_head": "lm_head"}
    for group, part in names.items():
        counted = sum(p.numel() for name, p in model.named_parameters() if part in name)
        assert counted == groups[group], group
    assert sum(accounting.parameter_groups(accounting.SHAPES["handout"]).values()) == 22_696_448


def saved_bytes(s: accounting.Shape, B: int, T: int) -> int:
    """自动求导真正留下的字节，同一块内存只数一次，参数与旋转表不数。"""
    model, ids, targets = TransformerLM(s.V, s.T, s.C, s.L, s.H, s.F), tokens(B, T, vocab=s.V), tokens(B, T, vocab=s.V)
    known = {t.untyped_storage().data_ptr() for t in (*model.parameters(), *model.buffers())}
    kept = {}

    def pack(tensor):
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in known:
            kept[storage.data_ptr()] = storage  # 拿着它，地址就不会被下一个张量占用
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        loss = cross_entropy(model(ids), targets)
    assert loss.requires_grad
    return sum(storage.nbytes() for storage in kept.values())


@pytest.mark.parametrize(
    ("sizes", "B", "T"),
    [
        ((50, 16, 24, 2, 3, 40), 2, 16),
        ((101, 32, 64, 1, 4), 3, 20),
        ((33, 64, 16, 3, 1), 1, 64),
        ((500, 8, 32, 2, 2, 100), 5, 8),
        ((1000, 64, 64, 2, 2), 4, 64),
    ],
)
def test_the_activation_formula_equals_what_autograd_keeps(sizes, B, T):
    s = accounting.Shape(*sizes)
    assert sum(accounting.activation_bytes(s, B, T).values()) == saved_bytes(s, B, T)


def test_training_memory_is_weights_gradients_two_moments_and_activations():
    s = accounting.SHAPES["small"]
    model, optimizer = TransformerLM(s.V, s.T, s.C, s.L, s.H), None
    optimizer = AdamW(model.parameters())
    cross_entropy(model(tokens(1, 4)), tokens(1, 4)).backward()
    optimizer.step()
    memory = accounting.training_bytes(s)
    moments = sum(optimizer.state[p][name].nbytes for p in model.parameters() for name in ("m", "v"))
    assert memory["parameters"] == sum(p.nbytes for p in model.parameters())
    assert memory["gradients"] == sum(p.grad.nbytes for p in model.parameters())
    assert memory["adam"] == moments
    assert memory["activations"] == sum(accounting.activation_bytes(s).values())


def test_the_printed_accounts_are_those_of_the_formulas(capsys):
    accounting.main(["--batch", "2"])
    rows = {row["name"]: row for row in read_result(capsys.readouterr().out)["rows"]}
    assert rows.keys() == accounting.SHAPES.keys()
    row, s = rows["handout"], accounting.SHAPES["handout"]
    assert row["forward_flops"] == sum(accounting.forward_flops(s, 2).values())
    assert row["scores_share"] == pytest.approx(
        accounting.forward_flops(s)["scores"] * 2 / row["forward_flops"], rel=1e-5
    )
    # 6N 的 N 是参与矩阵乘的参数；差的是注意力的分数
    inside = row["parameters"] - s.V * s.C - (2 * s.L + 1) * s.C
    assert row["flops_over_6n"] == pytest.approx(1 / (1 - row["scores_share"]) * inside / (inside + 9 * s.C), rel=1e-4)


def test_the_parameter_counts_of_the_model_script_agree(capsys):
    model_module.main([])
    counts = read_result(capsys.readouterr().out)
    assert counts["handout"] == 22_696_448
    assert counts["small"] == sum(accounting.parameter_groups(accounting.SHAPES["small"]).values())
