"""第 5 章的量化与转换：NF4 的误差上界、GGUF 的块逐位相等、内存的公式等于实测、转换与 transformers 自己读的相同。"""

import contextlib
import doctest
import importlib
import json
import math

import gguf
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file
from transformers import AutoConfig, AutoModelForCausalLM, Gemma3ForCausalLM

from book import UserError, read_result, seeded
from TrainAndFinetune import gguf_to_hf, models
from TrainAndFinetune.base import tiny_model
from TrainAndFinetune.models import KNOWN
from TrainAndFinetune.quantization import blocks, memory, nf4

lab = importlib.import_module("TrainAndFinetune.1_deploy")

# QLoRA 论文附录 E 的表
PUBLISHED = [
    -1.0, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635, -0.18477343022823334,
    -0.09105003625154495, 0.0, 0.07958029955625534, 0.16093020141124725, 0.24611230194568634, 0.33791524171829224,
    0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1.0,
]  # fmt: skip
QUICK = settings(max_examples=40, deadline=None)


def weights(shape=(37, 11), seed=0, scale=1.0) -> torch.Tensor:
    return torch.randn(shape, generator=seeded(seed)) * scale


@st.composite
def tensors(draw) -> torch.Tensor:
    """大小差很多的块放在一起：全 0 的、很小的、很大的、只有一个异常值的。"""
    w = weights((draw(st.integers(1, 900)),), draw(st.integers(0, 99)))
    scales = draw(st.lists(st.sampled_from([0.0, 1e-30, 1e-4, 1.0, 1e4, 1e30]), min_size=1, max_size=8))
    w = w * torch.tensor(scales).repeat_interleave(math.ceil(len(w) / len(scales)))[: len(w)]
    if draw(st.booleans()):
        w[draw(st.integers(0, len(w) - 1))] *= 100
    return w


def test_the_docstrings_are_right():
    for module in (nf4, blocks, memory, gguf_to_hf):
        assert doctest.testmod(module).failed == 0


def test_the_levels_are_those_of_the_paper():
    torch.testing.assert_close(nf4.LEVELS, torch.tensor(PUBLISHED), rtol=0, atol=3e-7)
    assert nf4.LEVELS[7] == 0
    assert nf4.LEVELS[0] == -1
    assert nf4.LEVELS[15] == 1


@QUICK
@given(tensors(), st.sampled_from([2, 16, 64, 256]), st.booleans())
def test_no_weight_is_further_off_than_the_bound(w, block, double):
    packed = nf4.quantize(w, block, double)
    error = nf4.split_blocks(nf4.dequantize(packed) - w, block).abs().amax(dim=1)
    largest = nf4.split_blocks(w, block).abs().amax(dim=1)
    slack = 1e-6 * largest + 1e-37
    if double:  # 解开的比例不过差半步
        steps = packed.steps.repeat_interleave(nf4.GROUP)[: len(largest)]
        assert ((nf4.expand_scales(packed) - largest).abs() <= 0.5001 * steps + 1e-6 * largest.max() + 1e-37).all()
    assert (error <= nf4.error_bound(w, packed) + slack).all()
    if not double:  # 没有二次量化时就是最宽间隔的一半
        assert (error <= 0.152 * largest + slack).all()


@QUICK
@given(tensors(), st.booleans())
def test_every_weight_goes_to_the_nearest_level(w, double):
    packed = nf4.quantize(w, double=double)
    scales = nf4.expand_scales(packed)[:, None, None]
    parts = nf4.split_blocks(w, 64)
    best = (parts[..., None] - nf4.LEVELS * scales).abs().amin(dim=2).view(-1)[: len(w)]
    torch.testing.assert_close((nf4.dequantize(packed) - w).abs(), best, rtol=1e-4, atol=1e-36)


def test_codes_are_the_same_as_comparing_by_hand_and_ties_go_down():
    middle = (nf4.LEVELS[1:] + nf4.LEVELS[:-1]) / 2
    assert nf4.nearest(middle, nf4.LEVELS).tolist() == list(range(15))
    w = torch.tensor([1.0, -1.0, 0.0, 0.04, 0.5, -0.3, 0.72, -0.8])
    packed = nf4.quantize(w, block=8, double=False)
    assert packed.codes.tolist() == [0xF0, 0x78, 0xC4, 0xE1]
    by_hand = [PUBLISHED.index(min(PUBLISHED, key=lambda v: abs(v - x))) for x in w.tolist()]
    assert by_hand == [15, 0, 7, 8, 12, 4, 14, 1]


def test_quantising_twice_changes_nothing_and_doubling_the_weights_doubles_the_result():
    w = weights((128, 64), scale=0.02)
    packed = nf4.quantize(w, double=False)
    again = nf4.quantize(nf4.dequantize(packed), double=False)
    assert torch.equal(packed.codes, again.codes)
    assert torch.equal(packed.scales, again.scales)
    for double in (False, True):
        once, twice = nf4.quantize(w, double=double), nf4.quantize(2 * w, double=double)
        assert torch.equal(once.codes, twice.codes)
        assert torch.equal(2 * nf4.dequantize(once), nf4.dequantize(twice))


@pytest.mark.parametrize("shape", [(1,), (64,), (65,), (3, 5, 7), (256, 640)])
def test_any_shape_comes_back_and_takes_the_bits_of_the_formula(shape):
    w = weights(shape).to(torch.bfloat16)
    for double in (False, True):
        packed = nf4.quantize(w, double=double)
        assert nf4.dequantize(packed).shape == w.shape
        K = -(-w.numel() // 64)
        expected = 32 * K + (K + 4 * -(-K // nf4.GROUP) + 4 if double else 4 * K)
        assert packed.nbytes == expected
    assert nf4.quantize(weights((1024, 640))).bits == pytest.approx(4 + 8 / 64 + 32 / 64 / 256, abs=1e-3)


def test_double_quantisation_costs_almost_no_accuracy():
    w = weights((512, 640), scale=0.02)
    plain, double = ((nf4.dequantize(nf4.quantize(w, double=d)) - w).norm() / w.norm() for d in (False, True))
    assert abs(double / plain - 1) < 0.01


def test_nf4_beats_evenly_spaced_levels_on_normal_weights():
    w = weights((512, 640))
    errors = [lab.relative_error(w, trip(w)) for trip in (lab.through_nf4, lab.through_int4)]
    assert errors[0] < 0.9 * errors[1]


def test_a_packed_tensor_moves_and_bad_input_is_refused():
    packed = nf4.quantize(weights())
    assert torch.equal(nf4.dequantize(packed.to("cpu")), nf4.dequantize(packed))
    for w, block in ((weights(), 63), (weights(), 0), (torch.empty(0), 64), (torch.tensor([1.0, math.inf]), 64)):
        with pytest.raises(ValueError, match="block=|inf"):
            nf4.quantize(w, block)


def same_bits(a: np.ndarray, b: np.ndarray) -> bool:
    """逐位相等（nan 只要求都是 nan）。"""
    return a.shape == b.shape and a.dtype == b.dtype and np.array_equal(a, b, equal_nan=True)


@pytest.mark.parametrize("name", blocks.FORMATS)
def test_random_bytes_decode_exactly_as_in_the_gguf_package(name):
    form, kind = blocks.FORMATS[name], gguf.GGMLQuantizationType[name]
    assert (form.size, form.bytes) == gguf.GGML_QUANT_SIZES[kind]
    data = np.random.default_rng(1).integers(0, 256, (7, 40 * form.bytes), dtype=np.uint8)
    with np.errstate(invalid="ignore", over="ignore"):  # 随机的 float16 里有 nan 与 inf
        assert same_bits(blocks.dequantize(data, name), gguf.dequantize(data, kind))


@pytest.fixture(scope="module")
def real():
    return models.open_gguf(models.assemble())


def test_every_kind_of_tensor_of_the_real_file_decodes_exactly(real):
    seen = set()
    for tensor in real.tensors:
        name = tensor.kind
        if name in blocks.FORMATS and (name not in seen or tensor.name.startswith("blk.1")):
            data = real.rows(tensor)[:512]
            assert same_bits(blocks.dequantize(data, name), gguf.dequantize(data, gguf.GGMLQuantizationType[name]))
            seen.add(name)
    assert seen == set(blocks.FORMATS)


def test_the_record_of_the_real_file_counts_what_is_in_it(real):
    assert sum(tensor.parameters for tensor in real.tensors) == KNOWN[models.EMBEDDED].parameters
    for tensor in real.tensors:  # 用不上 256 一块的，正是 Q5_0 与 Q8_0 的那些
        if tensor.kind in blocks.FORMATS:
            assert (tensor.shape[1] % 256 == 0) == (tensor.kind in ("Q4_K", "Q6_K"))


def test_our_reader_and_the_gguf_package_read_the_same(tiny_gguf):
    ours, theirs = models.open_gguf(tiny_gguf[0]), gguf.GGUFReader(str(tiny_gguf[0]))
    for key, value in ours.metadata.items():
        assert theirs.get_field(key).contents() == value
    assert len(ours.metadata) == len(theirs.fields) - 3  # 它把版本与两个个数也算进去
    for a, b in zip(ours.tensors, theirs.tensors, strict=True):
        assert (a.name, a.kind, a.bytes, a.shape) == (
            b.name,
            b.tensor_type.name,
            b.n_bytes,
            tuple(b.shape[::-1].tolist()),
        )
        assert np.array_equal(ours.values(a), b.data)


def test_a_file_cut_or_changed_anywhere_is_refused_or_read_but_never_crashes(tiny_gguf, tmp_path):
    whole, rng = tiny_gguf[0].read_bytes(), np.random.default_rng(3)
    start = models.open_gguf(tiny_gguf[0]).tensors[0].offset
    broken = tmp_path / "broken.gguf"
    for size in [0, 3, 4, 8, 23, 24, 100, start - 1, start, len(whole) - 40, *rng.integers(0, start, 20).tolist()]:
        broken.write_bytes(whole[:size])
        with pytest.raises(UserError, match="不是完整的 GGUF"):
            models.open_gguf(broken)
    for place in rng.integers(0, start, 60).tolist():
        broken.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
        with contextlib.suppress(UserError):
            models.open_gguf(broken)


def test_six_bit_scales_pack_and_unpack():
    scales, mins = np.random.default_rng(2).integers(0, 64, (2, 500, 8), dtype=np.uint8)
    again = blocks.unpack_six_bits(blocks.pack_six_bits(scales, mins))
    assert np.array_equal(again[0], scales)
    assert np.array_equal(again[1], mins)


@QUICK
@given(st.integers(0, 99), st.sampled_from([1e-3, 1.0, 100.0]), st.sampled_from([0.0, 5.0, -5.0]))
def test_our_q4_k_is_off_by_less_than_a_step(seed, scale, shift):
    x = (weights((6, 256), seed).numpy() + np.float32(shift)) * np.float32(scale)
    data = blocks.encode_q4_k(x)
    assert data.shape == (6, 144)
    out = blocks.dequantize(data, "Q4_K")
    assert same_bits(out, gguf.dequantize(data, gguf.GGMLQuantizationType.Q4_K))
    # 步长、最小值各自还要取成 6 位：每块里最大的那个的 1/63 的一半，乘上最多 15 格
    parts = x.reshape(6, 8, 32)
    span = np.maximum(parts.max(2), 0) - np.minimum(parts.min(2), 0)
    low = -np.minimum(parts.min(2), 0)
    bound = span / 30 + span.max(1, keepdims=True) / 126 + low.max(1, keepdims=True) / 126
    assert (np.abs(out - x).reshape(6, 8, 32).max(2) <= 1.05 * bound + 1e-6 * scale).all()


def test_zero_blocks_stay_zero_and_wrong_sizes_are_refused():
    assert not blocks.dequantize(blocks.encode_q4_k(np.zeros((2, 256), np.float32)), "Q4_K").any()
    with pytest.raises(ValueError, match="整数倍"):
        blocks.dequantize(np.zeros((2, 143), np.uint8), "Q4_K")
    with pytest.raises(ValueError, match="不认识"):
        blocks.dequantize(np.zeros((2, 144), np.uint8), "Q9")


SHAPES = ({}, {"num_key_value_heads": 1, "num_hidden_layers": 7}, {"head_dim": 16, "hidden_size": 40, "vocab_size": 31})


@pytest.mark.parametrize("changes", SHAPES)
def test_the_memory_formulas_equal_what_the_model_takes(changes):
    model = tiny_model(**changes)
    shape = lab.shape_of(model.config)
    count = memory.parameter_count(shape)
    assert count == model.num_parameters()
    assert memory.weight_bytes(count, 32) == sum(p.nbytes for p in model.parameters())
    for tokens in (1, 14, 15, 16, 17, 50):  # 窗口是 16
        assert lab.measured_kv(model, tokens)[0] == memory.kv_bytes(shape, tokens, element=4)
    assert lab.measured_activations(model, 5) == memory.activation_bytes(shape, 5)


def test_the_training_account_equals_gradients_and_adamw():
    model = tiny_model()
    account = memory.training_bytes(lab.shape_of(model.config), model.num_parameters(), 4)
    optimizer = torch.optim.AdamW(model.parameters())
    ids = torch.ones(1, 4, dtype=torch.long)
    model(ids, labels=ids).loss.backward()
    optimizer.step()
    states = [v for state in optimizer.state.values() for key, v in state.items() if key != "step"]
    assert account.gradients == sum(p.grad.nbytes for p in model.parameters())
    assert account.optimizer == sum(v.nbytes for v in states)
    assert account.total == account.weights + account.gradients + account.optimizer + account.activations
    fewer = memory.activation_bytes(lab.shape_of(model.config), 4, logits=1)
    assert memory.activation_bytes(lab.shape_of(model.config), 4) - fewer == 3 * 97 * 4


def test_known_models_have_the_parameters_of_their_shape():
    kinds = {"qwen2.5-0.5b": "qwen2", "qwen3-0.6b": "qwen3", "qwen3-1.7b": "qwen3"}
    assert memory.parameter_count(KNOWN[models.EMBEDDED].shape) == KNOWN[models.EMBEDDED].parameters
    for name, kind in kinds.items():
        shape = KNOWN[name].shape
        config = AutoConfig.for_model(
            kind, num_hidden_layers=shape.layers, hidden_size=shape.hidden, num_attention_heads=shape.heads,
            num_key_value_heads=shape.kv_heads, head_dim=shape.head_dim, intermediate_size=shape.mlp,
            vocab_size=shape.vocab, tie_word_embeddings=True,
        )  # fmt: skip
        with torch.device("meta"):
            assert AutoModelForCausalLM.from_config(config).num_parameters() == KNOWN[name].parameters


def test_too_little_memory_is_said_before_loading(monkeypatch, tiny_gguf, tmp_path):
    monkeypatch.setattr(memory, "available_bytes", lambda: 1000)
    with pytest.raises(UserError, match="GB 内存"):
        gguf_to_hf.convert(tiny_gguf[0], tmp_path / "out")
    assert not (tmp_path / "out").exists()
    monkeypatch.setattr(memory, "available_bytes", lambda: None)  # 问不到就不拦
    memory.require_memory(10**15, "")


TOKENS = ["<pad>", "<eos>", "<bos>", "<unk>", *(f"<0x{i:02X}>" for i in range(256)), "▁", "a", "b", "ab", "▁ab"]


def gguf_name(name: str) -> str:
    """`hf_name` 的反面。"""
    tops = {f"{hf}.weight": f"{ours}.weight" for ours, hf in gguf_to_hf.TOP.items()}
    if name in tops:
        return tops[name]
    layer, _, rest = name.removeprefix("model.layers.").partition(".")
    return f"blk.{layer}.{ {hf: ours for ours, hf in gguf_to_hf.BLOCK.items()}[rest.removesuffix('.weight')] }.weight"


@pytest.fixture(scope="module")
def tiny_gguf(tmp_path_factory):
    """随机小模型写成的 GGUF（float32，归一化存 1 + w），与那个模型。"""
    model = tiny_model(vocab_size=len(TOKENS), num_hidden_layers=7)
    torch.manual_seed(1)
    for name, p in model.named_parameters():
        p.data = p.data.to(torch.bfloat16).float() if "norm" not in name else torch.randn_like(p) * 0.1
    config, path = model.config, tmp_path_factory.mktemp("tiny") / "tiny.gguf"
    writer = gguf.GGUFWriter(path, "gemma3")
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_key_length(config.head_dim)
    writer.add_value_length(config.head_dim)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_freq_base(1e6)
    writer.add_sliding_window(config.sliding_window)
    writer.add_tokenizer_model("llama")
    writer.add_token_list(TOKENS)
    writer.add_token_scores([0.0] * 260 + [-1.0, -2.0, -3.0, -4.0, -5.0])
    writer.add_token_types([3, 3, 3, 2] + [6] * 256 + [1] * 5)
    writer.add_pad_token_id(0)
    writer.add_eos_token_id(1)
    writer.add_bos_token_id(2)
    writer.add_unk_token_id(3)
    for name, value in model.state_dict().items():
        if name != "lm_head.weight":
            writer.add_tensor(gguf_name(name), (value + 1 if name.endswith("norm.weight") else value).numpy())
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path, model


def test_a_converted_folder_is_the_model_that_was_written(tiny_gguf, tmp_path):
    path, model = tiny_gguf
    folder = gguf_to_hf.convert(path, tmp_path / "hf" / "tiny")
    found = load_file(folder / "model.safetensors")
    for name, value in model.state_dict().items():
        if name != "lm_head.weight":
            assert torch.equal(found[name], value.to(torch.bfloat16)) or "norm" in name
            torch.testing.assert_close(found[name].float(), value, rtol=2**-8, atol=2**-9)
    config = json.loads((folder / "config.json").read_text())
    for key in ("hidden_size", "num_hidden_layers", "sliding_window", "head_dim", "query_pre_attn_scalar"):
        assert config[key] == getattr(model.config, key)
    assert config["layer_types"] == model.config.layer_types
    assert sorted(p.name for p in (tmp_path / "hf").iterdir()) == ["tiny"]


def test_our_conversion_and_the_one_of_transformers_give_the_same_logits(tiny_gguf, tmp_path):
    path, _ = tiny_gguf
    folder = gguf_to_hf.convert(path, tmp_path / "tiny")
    ours = Gemma3ForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    config = AutoConfig.from_pretrained(folder)  # GGUF 里没有注意力的缩放，transformers 猜 256，小模型的是 8
    theirs = Gemma3ForCausalLM.from_pretrained(path.parent, gguf_file=path.name, config=config, dtype=torch.float32)
    theirs.eval()
    ids = torch.arange(4, 44)[None]
    with torch.no_grad():
        torch.testing.assert_close(ours(ids).logits, theirs(ids).logits, rtol=0.05, atol=0.02)  # 我们的收成了 bf16
        theirs.load_state_dict({n: v.to(torch.bfloat16).float() for n, v in theirs.state_dict().items()})
        torch.testing.assert_close(ours(ids).logits, theirs(ids).logits, rtol=1e-5, atol=1e-5)


def test_a_broken_or_foreign_gguf_leaves_no_folder(tiny_gguf, tmp_path):
    path, _ = tiny_gguf
    cut = tmp_path / "cut.gguf"
    cut.write_bytes(path.read_bytes()[:-1000])
    foreign = tmp_path / "foreign.gguf"
    writer = gguf.GGUFWriter(foreign, "qwen3")
    writer.add_tensor("token_embd.weight", np.zeros((2, 32), np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    for file, said in ((cut, "不是完整的 GGUF"), (foreign, "qwen3"), (tmp_path / "no.gguf", "没有文件")):
        with pytest.raises(UserError, match=said):
            gguf_to_hf.convert(file, tmp_path / "out")
    with pytest.raises(UserError, match="不认识"):
        gguf_to_hf.hf_name("blk.0.attn_qkv.weight")
    assert not (tmp_path / "out").exists()


def test_an_existing_folder_survives_a_failed_conversion(tiny_gguf, tmp_path, monkeypatch):
    folder = tmp_path / "hf"
    folder.mkdir()
    (folder / "config.json").write_text("mine")

    def full(weights, path, metadata):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("safetensors.torch.save_file", full)
    gguf_to_hf.convert(tiny_gguf[0], folder)  # 已经有一个能用的，就用它
    assert (folder / "config.json").read_text() == "mine"
    with pytest.raises(UserError, match="空间"):
        gguf_to_hf.convert(tiny_gguf[0], tmp_path / "new")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["hf"]


def test_the_lab_runs_and_keeps_the_model_as_it_was(capsys, tmp_path):
    result_model = tiny_model(hidden_size=64)
    before = {name: value.clone() for name, value in result_model.state_dict().items()}
    ids = lab.passages(None, 2, 16)
    lab.part_loss(result_model, ids)
    lab.part_forgotten(result_model, ids)
    for name, value in result_model.state_dict().items():
        torch.testing.assert_close(value, before[name], rtol=0, atol=1e-6)
    lab.main(["--smoke", "--out", str(tmp_path)])
    result = read_result(capsys.readouterr().out)
    account = result["memory"]
    assert (account["weights"], account["kv"], account["activations"]) == (
        account["weights_formula"], account["kv_formula"], account["activations_formula"],
    )  # fmt: skip
    errors = {row["format"]: row["normal"] for row in result["errors"]}
    assert errors["Q8_0"] < errors["Q5_0"] < errors["Q4_K"] < errors["NF4"] < errors["INT4"]
