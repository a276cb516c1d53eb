"""第 5 章的导出：GGUF 里的名字、值、缩放与 adapter 的相同，合并的模型读得回来，llama.cpp 的 logits 就是 PyTorch 的。

全用随机的小模型，llama.cpp 真的加载它；270M 上的比较由 `export.py --check` 记录。
"""

import doctest
import json
import math
import os

import gguf
import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from book import UserError, read_result
from tests import local_model
from tests.test_finetune_tuning import GemmaTokenizer
from TrainAndFinetune import export, export_check, export_gguf, export_tiny, gguf_to_hf
from TrainAndFinetune.assistant.make import ABILITIES, make_dialogues
from TrainAndFinetune.export_check import Served
from TrainAndFinetune.export_tiny import random_cases, random_lora, tiny_base
from TrainAndFinetune.methods import (
    LINEARS,
    METHODS,
    add_lora,
    load_adapter,
    merge,
    own_parameters,
    save_adapter,
    set_adapter,
)
from TrainAndFinetune.methods.inject import tuners
from TrainAndFinetune.methods.saving import SETTINGS, WEIGHTS
from TrainAndFinetune.models import open_gguf
from TrainAndFinetune.tuning.chat import prompt_ids

FILES = ["adapter_config.json", "adapter_model.safetensors", "book-assistant.gguf"]


@pytest.fixture(autouse=True)
def one_thread(monkeypatch):
    """小矩阵分给几个线程只会更慢；llama.cpp 也照 OMP_NUM_THREADS。"""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """基座的 GGUF。"""
    path = tmp_path_factory.mktemp("base") / "tiny.gguf"
    tiny_base(path)
    return path


def new(tmp_path):
    """`base` 那个模型。"""
    return tiny_base(tmp_path / "again.gguf")


def trained(tmp_path, **options):
    """(装着随机 LoRA 的模型, 存它的文件夹)。"""
    model = random_lora(new(tmp_path), **options)
    return model, save_adapter(model, tmp_path / "trained")


def tensors_of(path) -> dict[str, np.ndarray]:
    """用 gguf 包读（不用我们的读法）：名字 -> float32 的值。"""
    return {
        tensor.name: gguf.dequantize(np.array(tensor.data), tensor.tensor_type).reshape(tensor.shape[::-1].tolist())
        for tensor in gguf.GGUFReader(str(path)).tensors
    }


def fields_of(path) -> dict[str, tuple]:
    """全部元数据：键 -> (值, 类型)。"""
    fields = gguf.GGUFReader(str(path)).fields
    return {key: (f.contents(), f.types) for key, f in fields.items() if not key.startswith("GGUF.")}


def kinds_of(path) -> dict[str, str]:
    return {tensor.name: tensor.tensor_type.name for tensor in gguf.GGUFReader(str(path)).tensors}


def files_in(folder) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@torch.no_grad()
def logits(model, ids=tuple(range(4, 40))):
    return model(input_ids=torch.tensor([ids])).logits


def test_the_docstrings_are_right():
    for module in (export, export_gguf, export_check):
        tested = doctest.testmod(module)
        assert tested.attempted
        assert not tested.failed


def test_every_name_goes_to_gguf_and_back(base, tmp_path):
    names = [name for name, _ in new(tmp_path).named_parameters()]
    there = [export_gguf.gguf_name(name) for name in names]
    assert [gguf_to_hf.hf_name(name) for name in there] == names
    assert set(there) == {tensor.name for tensor in open_gguf(base).tensors}
    for wrong in ("lm_head.weight", "model.layers.0.mlp.gate.weight", "model.input_layernorm.weight", "model.layers.0.model.norm.weight"):  # fmt: skip # noqa: E501
        with pytest.raises(UserError, match="没有对应的名字"):
            export_gguf.gguf_name(wrong)


@pytest.mark.parametrize(("dtype", "kind"), [("f16", "F16"), ("f32", "F32")])
def test_the_adapter_holds_every_tensor_of_the_folder_under_the_names_of_llama_cpp(tmp_path, dtype, kind):
    model, folder = trained(tmp_path, rank=3)
    path = export.write_adapter(folder, tmp_path / "a.gguf", dtype)
    found, expected = tensors_of(path), {}
    ours = {hf: name for name, hf in gguf_to_hf.BLOCK.items()}
    for name, layer in tuners(model).items():
        _, _, number, inner = name.split(".", 3)
        for side, values in (("a", layer.lora_A), ("b", layer.lora_B)):
            expected[f"blk.{number}.{ours[inner]}.weight.lora_{side}"] = values["default"].detach().numpy()
    assert found.keys() == expected.keys()
    assert len(found) == 2 * 7 * len(LINEARS)
    for name, value in expected.items():
        assert found[name].shape == value.shape
        wanted = value.astype(np.float16).astype(np.float32) if dtype == "f16" else value
        assert np.array_equal(found[name], wanted)
    assert set(kinds_of(path).values()) == {kind}
    STRING, FLOAT = gguf.GGUFValueType.STRING, gguf.GGUFValueType.FLOAT32
    assert fields_of(path) == {
        "general.architecture": ("gemma3", [STRING]),
        "general.type": ("adapter", [STRING]),
        "adapter.type": ("lora", [STRING]),
        "adapter.lora.alpha": (16.0, [FLOAT]),
    }


@pytest.mark.parametrize(
    ("options", "alpha"),
    [({"rank": 4, "alpha": 8}, 8), ({"rank": 9, "alpha": 6, "rslora": True}, 18), ({"rank": 3, "alpha": 0.5}, 0.5)],
)
def test_alpha_over_rank_of_the_file_is_the_scale_of_the_method(tmp_path, options, alpha):
    model, folder = trained(tmp_path, **options)
    path = export.write_adapter(folder, tmp_path / "a.gguf", "f32")
    found, field = tensors_of(path), fields_of(path)["adapter.lora.alpha"][0]
    assert field == alpha
    A, B = (found[f"blk.2.ffn_down.weight.lora_{side}"] for side in "ab")
    delta = model.model.layers[2].mlp.down_proj.delta("default")
    torch.testing.assert_close(torch.from_numpy(field / len(A) * (B @ A)), delta.detach(), rtol=1e-5, atol=1e-6)


def test_an_adapter_on_some_layers_has_only_those(tmp_path):
    _, folder = trained(tmp_path, targets=("q_proj", "v_proj"))
    names = tensors_of(export.write_adapter(folder, tmp_path / "a.gguf"))
    assert {name.split(".")[2] for name in names} == {"attn_q", "attn_v"}


def test_writing_twice_gives_the_same_bytes(tmp_path):
    _, folder = trained(tmp_path)
    paths = [export.write_adapter(folder, tmp_path / name) for name in ("a.gguf", "deep/er/b.gguf")]
    assert paths[0].read_bytes() == paths[1].read_bytes()


def change_settings(folder, **changes):
    settings = json.loads((folder / SETTINGS).read_text()) | changes
    (folder / SETTINGS).write_text(json.dumps(settings))


def change_tensors(folder, change):
    """change 就地改 {键: 张量}。"""
    tensors = load_file(folder / WEIGHTS)
    change(tensors)
    save_file(tensors, folder / WEIGHTS)


KEY = "base_model.model.model.layers.0.self_attn.q_proj.lora_{}.weight"


def put(key, value):
    return lambda tensors: tensors.update({key: value})


@pytest.mark.parametrize(
    ("settings", "change", "said"),
    [
        ({"peft_type": "IA3"}, None, "IA3"),
        ({"peft_type": "PREFIX_TUNING"}, None, "PREFIX_TUNING"),
        ({"use_dora": True}, None, "DoRA"),
        ({"modules_to_save": ["lm_head"]}, None, "modules_to_save"),
        ({"rank_pattern": {"q_proj": 2}}, None, "rank_pattern"),
        ({"alpha_pattern": {"q_proj": 2}}, None, "alpha_pattern"),
        ({"fan_in_fan_out": True}, None, "fan_in_fan_out"),
        ({"bias": "all"}, None, "bias"),
        ({"r": None}, None, "r=None"),
        ({"r": True}, None, "r=True"),
        ({"lora_alpha": 0}, None, "lora_alpha=0"),
        ({"lora_alpha": "16"}, None, "lora_alpha='16'"),
        ({"r": 5}, None, "r=5 对不上"),
        ({}, lambda tensors: tensors.clear(), "一个张量也没有"),
        ({}, lambda tensors: tensors.pop(KEY.format("A")), "没有 blk.0.attn_q.weight.lora_a"),
        ({}, lambda tensors: tensors.pop(KEY.format("B")), "没有 blk.0.attn_q.weight.lora_b"),
        ({}, put("base_model.model.lm_head.lora_A.weight", torch.ones(4, 32)), "lm_head.*导不出"),
        ({}, put("base_model.model.model.embed_tokens.lora_embedding_A", torch.ones(4, 9)), "embed_tokens.*导不出"),
        ({}, put(KEY.format("magnitude"), torch.ones(32)), "导不出"),
        ({}, put(KEY.format("A").replace("q_proj", "qkv_proj"), torch.ones(4, 32)), "没有对应的名字"),
        ({}, put(KEY.format("A"), torch.ones(4)), "形状"),
        ({}, put(KEY.format("A"), torch.full((4, 32), math.nan)), "float16 放不下"),
        ({}, put(KEY.format("B"), torch.full((32, 4), 1e5)), "float16 放不下"),
    ],
)
def test_what_llama_cpp_cannot_hold_is_refused_in_one_line_and_nothing_is_written(tmp_path, settings, change, said):
    _, folder = trained(tmp_path)
    change_settings(folder, **settings)
    if change:
        change_tensors(folder, change)
    for write in (export.write_adapter, export.ship):
        with pytest.raises(UserError, match=said) as error:
            write(folder, tmp_path / "out")
        assert "\n" not in str(error.value)
        assert not (tmp_path / "out").exists()


def test_other_methods_missing_files_and_wrong_types_are_refused(tmp_path):
    folder = save_adapter(METHODS["prefix"](new(tmp_path)), tmp_path / "prefix")
    with pytest.raises(UserError, match="PREFIX_TUNING"):
        export.write_adapter(folder, tmp_path / "a.gguf")
    with pytest.raises(UserError, match="找不到"):
        export.write_adapter(tmp_path / "nothing", tmp_path / "a.gguf")
    with pytest.raises(UserError, match="dtype='q8_0'"):
        export.write_adapter(folder, tmp_path / "a.gguf", "q8_0")
    assert not (tmp_path / "a.gguf").exists()


def test_shipped_files_hold_the_same_numbers_and_no_path(tmp_path, base):
    model, folder = trained(tmp_path)
    change_settings(folder, base_model_name_or_path="/home/somebody/cache/hf/gemma")
    sizes = export.ship(folder, tmp_path / "out", base)
    assert files_in(tmp_path / "out") == FILES
    paths = {name: tmp_path / "out" / name for name in FILES}
    assert sizes == {
        "safetensors_bytes": paths[WEIGHTS].stat().st_size,
        "settings_bytes": paths[SETTINGS].stat().st_size,
        "gguf_bytes": paths["book-assistant.gguf"].stat().st_size,
    }
    assert not any(b"somebody" in path.read_bytes() for path in paths.values())
    before, after = json.loads((folder / SETTINGS).read_text()), json.loads(paths[SETTINGS].read_text())
    assert after == before | {"base_model_name_or_path": "google/gemma-3-270m"}
    stored, found = load_file(paths[WEIGHTS]), tensors_of(paths["book-assistant.gguf"])
    original = load_file(folder / WEIGHTS)
    assert stored.keys() == original.keys()
    for key, value in stored.items():
        assert value.dtype == torch.bfloat16
        assert torch.equal(value, original[key].bfloat16())
        # bf16 的 8 位有效数字 float16 全放得下；只有小于 2^-14 的才少几位
        np.testing.assert_allclose(found[export.lora_name(key)], value.float().numpy(), rtol=0, atol=2**-25)
    with safe_open(folder / WEIGHTS, "pt") as old, safe_open(paths[WEIGHTS], "pt") as new_file:
        assert new_file.metadata() == old.metadata()
    assert (logits(load_adapter(new(tmp_path), tmp_path / "out")) - logits(model)).abs().max() < 0.5


@pytest.mark.parametrize("rslora", [False, True])
def test_peft_loads_what_was_shipped_and_computes_the_same(tmp_path, rslora):
    peft = pytest.importorskip("peft")
    _, folder = trained(tmp_path, rslora=rslora)
    export.ship(folder, tmp_path / "out")
    theirs = peft.PeftModel.from_pretrained(new(tmp_path), tmp_path / "out").eval()
    torch.testing.assert_close(logits(theirs), logits(load_adapter(new(tmp_path), tmp_path / "out")))


def test_more_than_the_limit_is_refused_and_what_was_there_stays(tmp_path, base, monkeypatch, capsys):
    _, folder = trained(tmp_path, rank=8)
    out = tmp_path / "out"
    sizes = export.ship(folder, out)
    total = sizes["safetensors_bytes"] + sizes["gguf_bytes"]
    before = {name: (out / name).read_bytes() for name in FILES}
    random_lora(model := new(tmp_path), rank=8, seed=1)
    save_adapter(model, folder)
    monkeypatch.setattr(export, "LIMIT", total - 1)
    with pytest.raises(UserError, match="秩从 8 降到 7"):
        export.ship(folder, out, base)
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
    monkeypatch.setattr(export, "LIMIT", total)
    export.ship(folder, out, base)
    assert files_in(out) == FILES
    assert (out / "book-assistant.gguf").read_bytes() != before["book-assistant.gguf"]


def test_the_limit_is_sixteen_mebibytes_and_rank_16_on_the_real_shape_fits():
    assert export.LIMIT == 16 * 1024**2
    # 一层七种线性层的 in + out 之和 × 18 层，两份都是 2 字节
    columns = (640 + 1024) + 2 * (640 + 256) + (1024 + 640) + 3 * (640 + 2048)
    assert 2 * 2 * 16 * 18 * columns < export.LIMIT < 2 * 2 * 18 * 18 * columns


def test_an_adapter_of_another_base_is_refused_before_anything_is_written(tmp_path, base):
    for changes, said in (
        (put(KEY.format("A"), torch.ones(4, 31)), "lora_a 是 (4, 31)"),
        (put(KEY.format("B"), torch.ones(33, 4)), "lora_b 是 (33, 4)"),
        (
            lambda t: t.update({KEY.format(s).replace(".0.", ".7."): t[KEY.format(s)].clone() for s in "AB"}),
            "那里没有 blk.7",
        ),
    ):
        _, folder = trained(tmp_path)
        change_tensors(folder, changes)
        with pytest.raises(UserError) as error:
            export.ship(folder, tmp_path / "out", base)
        assert said in str(error.value)
        assert not (tmp_path / "out").exists()
    with pytest.raises(UserError, match="不是完整的 GGUF"):
        export.ship(trained(tmp_path)[1], tmp_path / "out", folder / WEIGHTS)


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_write_that_fails_half_way_leaves_the_old_file_and_nothing_else(tmp_path, base, monkeypatch, error):
    model, folder = trained(tmp_path)
    out = tmp_path / "out"
    out.mkdir()
    for name in ("a.gguf", "m.gguf", *FILES):
        (out / name).write_bytes(b"old")
    write, calls = gguf.GGUFWriter.write_tensor_data, []

    def fail(self, *arguments):
        calls.append(1)
        if len(calls) % 5 == 0:
            raise error
        write(self, *arguments)

    monkeypatch.setattr(gguf.GGUFWriter, "write_tensor_data", fail)
    raised = UserError if isinstance(error, OSError) else KeyboardInterrupt
    for action in (
        lambda: export.write_adapter(folder, out / "a.gguf"),
        lambda: export.ship(folder, out),
        lambda: export.write_merged(model, base, out / "m.gguf", "f16"),
    ):
        with pytest.raises(raised):
            action()
        assert files_in(out) == sorted(["a.gguf", "m.gguf", *FILES])
        assert {path.read_bytes() for path in out.iterdir()} == {b"old"}
    assert len(calls) == 15


def test_a_place_that_cannot_be_written_is_one_line(tmp_path):
    _, folder = trained(tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="写 .*失败"):
        export.write_adapter(folder, tmp_path / "file" / "a.gguf")
    with pytest.raises(UserError, match="不能写"):
        export.ship(folder, tmp_path / "file")


def by_hand(model, name) -> torch.Tensor:
    """W + s B A，float32；不经过 methods 的合并。"""
    layer = model.get_submodule(name.removesuffix(".weight"))
    if not hasattr(layer, "lora_A"):
        return layer.weight.detach()
    A, B = layer.lora_A["default"].detach(), layer.lora_B["default"].detach()
    return layer.base_layer.weight.detach() + 4.0 * (B @ A)  # α = 16，r = 4


def block_bound(value: np.ndarray, levels: int) -> np.ndarray:
    """一块 32 个数里最多差多少：比例收成 float16，再舍入到最近的一格；最大的数取不到另一头的那一格。"""
    largest = np.abs(value.reshape(-1, 32)).max(1, keepdims=True)
    step = largest / levels
    return np.broadcast_to(step * (1 if levels == 8 else 0.5) + largest * 2**-11 + 1e-7, (len(step), 32))


@pytest.mark.parametrize(("kind", "levels"), [("f16", 0), ("q8_0", 127), ("q4_0", 8)])
def test_the_merged_file_read_back_is_the_merged_weights(tmp_path, base, kind, levels):
    model, _ = trained(tmp_path)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    path = export.write_merged(model, base, tmp_path / "m.gguf", kind)
    found, kinds = tensors_of(path), kinds_of(path)
    assert list(found) == [tensor.name for tensor in open_gguf(base).tensors]
    for name, value in found.items():
        wanted = by_hand(model, gguf_to_hf.hf_name(name)).numpy()
        assert value.shape == wanted.shape
        if name.endswith("norm.weight"):
            assert kinds[name] == "F32"
            assert np.array_equal(value, wanted + 1)
        elif levels == 0 or "ffn_down" in name:  # 一行 48 个，不是 32 的倍数
            assert kinds[name] == "F16"
            np.testing.assert_allclose(value, wanted, rtol=2**-11 + 1e-6, atol=1e-7)
            exact = wanted.astype(np.float16).astype(np.float32)
            assert (value == exact).mean() > 0.999  # W + ΔW 的加法次序不同，个别的会舍到隔壁
        else:
            embedding = name == "token_embd.weight"
            assert kinds[name] == ("Q8_0" if embedding else kind.upper())
            bound = block_bound(wanted, 127 if embedding else levels)
            assert (np.abs(value - wanted).reshape(-1, 32) <= bound).all()
            assert np.abs(value - wanted).max() > 0
    assert model.state_dict().keys() == before.keys()
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_the_f16_file_is_exactly_what_merge_gives_and_our_reader_gives_it_back(tmp_path, base):
    model, _ = trained(tmp_path)
    path = export.write_merged(model, base, tmp_path / "m.gguf", "f16")
    merge(model)
    found, again = tensors_of(path), gguf_to_hf.read_weights(open_gguf(path))
    for name, value in found.items():
        hf = gguf_to_hf.hf_name(name)
        layer = model.get_submodule(hf.removesuffix(".weight"))
        weight = getattr(layer, "merged_layer", layer).weight.detach()
        wanted = weight + 1 if "norm" in name else weight.half().float()
        assert np.array_equal(value, wanted.numpy())
        assert torch.equal(again[hf], (wanted - 1 if "norm" in name else wanted).bfloat16())
    assert again.keys() == {name for name, _ in new(tmp_path).named_parameters()}


def test_without_an_adapter_the_base_comes_back_bit_by_bit(tmp_path, base):
    found = tensors_of(export.write_merged(new(tmp_path), base, tmp_path / "m.gguf", "f16"))
    for name, value in tensors_of(base).items():
        if "norm" not in name:
            value = value.astype(np.float16).astype(np.float32)
        assert np.array_equal(found[name], value)


def test_only_the_active_adapter_is_folded_and_layers_without_it_stay(tmp_path, base):
    model = random_lora(new(tmp_path), name="a", targets=("q_proj",))
    random_lora(model, name="b", targets=("v_proj",), seed=1)
    plain = tensors_of(base)
    for name, changed in (("a", "attn_q"), ("b", "attn_v")):
        set_adapter(model, name)
        found = tensors_of(export.write_merged(model, base, tmp_path / "m.gguf", "f16"))
        different = {n.split(".")[2] for n in plain if np.abs(found[n] - plain[n]).max() > 0.01}
        assert different == {changed}


def test_dora_can_be_folded(tmp_path, base):
    model, _ = trained(tmp_path, dora=True)
    found = tensors_of(export.write_merged(model, base, tmp_path / "m.gguf", "f16"))
    merge(model)
    layer = model.model.layers[3].mlp.up_proj
    assert np.array_equal(found["blk.3.ffn_up.weight"], layer.merged_layer.weight.half().float().numpy())


TYPES = gguf.GGUFValueType
EXTRA = {
    "general.quantization_version": (2, TYPES.UINT32, None),
    "general.alignment": (64, TYPES.UINT32, None),
    "quantize.imatrix.file": ("calibration.dat", TYPES.STRING, None),
    "general.name": ("小模型 ñ", TYPES.STRING, None),
    "tokenizer.chat_template": ("{{ bos_token }}\n", TYPES.STRING, None),
    "x.big": (2**63 + 1, TYPES.UINT64, None),
    "x.negative": (-3, TYPES.INT64, None),
    "x.small": (200, TYPES.UINT8, None),
    "x.double": (0.1, TYPES.FLOAT64, None),
    "x.yes": (True, TYPES.BOOL, None),
    "x.flags": ([True, False, True], TYPES.ARRAY, TYPES.BOOL),
    "x.shorts": ([1, 65535], TYPES.ARRAY, TYPES.UINT16),
    "x.floats": ([0.5, -1.25], TYPES.ARRAY, TYPES.FLOAT32),
    "x.words": (["", "字"], TYPES.ARRAY, TYPES.STRING),
}


@pytest.mark.parametrize(("kind", "file_type", "version"), [("f16", 1, None), ("q8_0", 7, 2), ("q4_0", 2, 2)])
def test_all_metadata_is_copied_with_its_type_except_what_says_how_weights_are_stored(
    tmp_path, base, kind, file_type, version
):
    reader, rich = open_gguf(base), tmp_path / "rich.gguf"
    metadata = export_gguf.typed_metadata(reader)
    del metadata["general.architecture"]
    plan = {t.name: (t.shape, gguf.GGMLQuantizationType.F32) for t in reader.tensors}
    values = tensors_of(base)
    export_gguf.write_gguf(
        rich, metadata | EXTRA | {"general.alignment": (32, TYPES.UINT32, None)}, plan, values.__getitem__
    )
    path = export.write_merged(new(tmp_path), rich, tmp_path / "m.gguf", kind)
    before, after = fields_of(rich), fields_of(path)
    dropped = {"general.alignment", "general.file_type", "general.quantization_version", "quantize.imatrix.file"}
    assert {k: v for k, v in before.items() if k not in dropped} == {k: v for k, v in after.items() if k not in dropped}
    assert before.keys() >= EXTRA.keys()
    assert len(after["tokenizer.ggml.tokens"][0]) == len(export_tiny.TOKENS)
    assert after["general.file_type"] == (file_type, [TYPES.UINT32])
    found = after.get("general.quantization_version")
    assert found == (None if version is None else (version, [TYPES.UINT32]))
    assert not {"quantize.imatrix.file", "general.alignment"} & after.keys()
    assert gguf_to_hf.read_config(open_gguf(path)) == gguf_to_hf.read_config(open_gguf(base))


def test_a_model_that_is_not_of_this_base_is_refused(tmp_path, base):
    other = tmp_path / "other.gguf"
    tiny = export_tiny.tiny_model
    for changes, said in (
        ({"num_hidden_layers": 6}, "不是这么多"),
        ({"intermediate_size": 64}, "是 \\(48, 32\\)，模型的"),
    ):
        model = tiny(vocab_size=len(export_tiny.TOKENS), **{"num_hidden_layers": 7, **changes})
        with pytest.raises(UserError, match=said):
            export.write_merged(add_lora(model), base, other, "f16")
    with pytest.raises(UserError, match="kind='q4_k'"):
        export.write_merged(new(tmp_path), base, other, "q4_k")
    with pytest.raises(UserError, match="没有文件"):
        export.write_merged(new(tmp_path), tmp_path / "none.gguf", other, "f16")
    for method in ("prefix", "adapter", "ia3"):
        with pytest.raises(UserError, match=f"装的是 {method}"):
            export.write_merged(METHODS[method](new(tmp_path)), base, other, "f16")
    assert not other.exists()


CASES = random_cases(2, 0)
WIDTH = len(export_tiny.TOKENS)  # 小词表：每个位置要全部的对数概率


def measured(model, gguf_file, adapter=None) -> dict:
    """llama.cpp 与 model 比，每个位置比整个分布。"""
    served = {"x": export_check.ask(gguf_file, adapter, CASES, 6, WIDTH)}
    return export_check.agreement(model, CASES, served)["x"]


@pytest.fixture(scope="module")
def close():
    """同样的权重，两边的对数概率最多差多少：llama.cpp 的键值缓存是 float16，这一点谁都一样。"""
    return 0.1


@pytest.mark.parametrize("options", [{}, {"rslora": True}, {"rank": 7, "alpha": 3, "targets": ("o_proj", "up_proj")}])
def test_llama_cpp_with_the_exported_adapter_gives_the_logits_of_pytorch(tmp_path, base, close, options):
    model, folder = trained(tmp_path, **options)
    row = measured(model, base, export.write_adapter(folder, tmp_path / "a.gguf"))
    assert row["positions"] == sum(len(case.answer) for case in CASES)
    assert row["top1"] == 1
    assert row["logprob_max"] < close
    assert row["diverged"] == 0


def test_llama_cpp_sees_a_scale_that_is_wrong_by_two_and_a_forgotten_adapter(tmp_path, base, close):
    model, folder = trained(tmp_path)
    right = measured(model, base, export.write_adapter(folder, tmp_path / "a.gguf"))
    forgotten = measured(model, base)
    change_settings(folder, lora_alpha=32)
    doubled = measured(model, base, export.write_adapter(folder, tmp_path / "b.gguf"))
    for wrong in (doubled, forgotten):
        assert wrong["logprob_max"] > 10 * close > 10 * right["logprob_max"]
        assert wrong["top1"] < 0.9
        assert wrong["gap"] > 0.3
        assert wrong["diverged"] == len(CASES)


def test_llama_cpp_with_the_merged_file_gives_the_logits_of_pytorch(tmp_path, base, close):
    model, _ = trained(tmp_path)
    rows = {}
    for kind in ("f16", "q8_0", "q4_0"):
        rows[kind] = measured(model, export.write_merged(model, base, tmp_path / f"{kind}.gguf", kind))
    assert rows["f16"]["logprob_max"] < close
    assert rows["f16"]["top1"] == 1
    assert rows["f16"]["logprob_mean"] < rows["q8_0"]["logprob_mean"] < rows["q4_0"]["logprob_mean"]


def test_llama_cpp_sees_a_norm_without_the_one(tmp_path, base, close):
    model, _ = trained(tmp_path)
    path = export.write_merged(model, base, tmp_path / "m.gguf", "f16")
    values, reader = tensors_of(path), open_gguf(path)
    for name in values:
        if name.endswith("attn_q_norm.weight"):
            values[name] = values[name] - 1
    plan = {t.name: (t.shape, gguf.GGMLQuantizationType[t.kind]) for t in reader.tensors}
    metadata = export_gguf.typed_metadata(reader)
    del metadata["general.architecture"]
    export_gguf.write_gguf(tmp_path / "wrong.gguf", metadata, plan, values.__getitem__)
    assert measured(model, tmp_path / "wrong.gguf")["logprob_max"] > 3 * close


def perfect(model, case, steps=5) -> Served:
    """与 PyTorch 完全相同的回答。"""
    logprobs = export_check.next_logits(model, case.prompt, case.answer).log_softmax(-1)
    best = logprobs.topk(8)
    forced = [list(zip(i.tolist(), v.tolist())) for i, v in zip(best.indices, best.values)]
    written = []
    for _ in range(steps):
        written.append(export_check.next_logits(model, case.prompt + written, [0]).argmax().item())
    return Served(forced, written)


def test_the_comparison_counts_what_was_planted(tmp_path):
    model = new(tmp_path)
    answers = [perfect(model, case) for case in CASES]
    everything = export_check.agreement(model, CASES, {"x": answers})["x"]
    assert everything["top1"] == 1
    assert everything["logprob_max"] < 1e-5
    assert (everything["margin"], everything["gap"], everything["diverged"]) == (0, 0, 0)
    assert everything["first_step"] is None
    first, second = answers
    swapped = [list(top) for top in first.forced]
    for place in (2, 5):  # 两个位置的第一名换成第三名
        swapped[place][0], swapped[place][2] = swapped[place][2], swapped[place][0]
    logits_ = export_check.next_logits(model, CASES[0].prompt, CASES[0].answer)
    ranks = logits_.topk(3).values
    written = [*second.written[:3], (second.written[3] + 1) % 200, 7]
    planted = [Served(swapped, first.written), Served(second.forced, written)]
    rows = export_check.agreement(model, CASES, {"right": answers, "wrong": planted})
    assert rows["right"] == everything
    row = rows["wrong"]
    assert row["positions"] == sum(len(case.answer) for case in CASES)
    assert row["top1"] == pytest.approx(1 - 2 / row["positions"])
    assert row["margin"] == pytest.approx((ranks[:, 0] - ranks[:, 1])[[2, 5]].max().item(), rel=1e-4)
    assert row["gap"] == pytest.approx((ranks[:, 0] - ranks[:, 2])[[2, 5]].max().item(), rel=1e-4)
    assert (row["diverged"], row["first_step"]) == (1, 3)
    step = export_check.next_logits(model, CASES[1].prompt, second.written)[3]
    top = step.topk(2).values
    assert row["diverged_margin"] == pytest.approx((top[0] - top[1]).item(), rel=1e-4)
    assert row["diverged_gap"] == pytest.approx((top[0] - step[written[3]]).item(), rel=1e-4)


def test_logits_are_those_of_the_whole_text_cut_at_the_answer(tmp_path):
    model, case = new(tmp_path), CASES[0]
    whole = logits(model, case.prompt + case.answer)[0]
    cut = export_check.next_logits(model, case.prompt, case.answer)
    torch.testing.assert_close(cut, whole[len(case.prompt) - 1 : -1], rtol=1e-4, atol=1e-4)


def test_llama_cpp_counts_the_end_and_half_characters(tmp_path, base):
    """<eos> 与半个汉字的字节词元，llama.cpp 都照样报编号与概率。"""
    with export_check.serving(base, None, 64) as http:
        reply = export_check.complete(http, CASES[0].prompt, 4, logit_bias=[[export_check.EOS, 1000]])
        assert reply["tokens"] == [export_check.EOS]
        top = export_check.candidates(http, CASES[0].prompt, WIDTH)
        byte = export_check.complete(http, CASES[0].prompt, 3, logit_bias=[[232, 1000]])
        assert byte["tokens"] == [232] * 3
        with pytest.raises(UserError, match="不肯续写 0 个词元"):
            export_check.complete(http, [], 1, n_predict="x")
    assert sorted(token for token, _ in top) == list(range(WIDTH))
    assert sum(math.exp(value) for _, value in top) == pytest.approx(1, abs=1e-4)
    assert [value for _, value in top] == sorted((value for _, value in top), reverse=True)


def test_the_questions_are_the_development_set_of_every_ability():
    tokenizer = GemmaTokenizer(local_model.hf_folder() / "tokenizer.json")
    cases = export_check.dialogue_cases(tokenizer, 13, 5)
    rows = [row for i, ability in enumerate(ABILITIES) for row in make_dialogues("dev", ability, 2 if i < 5 else 1, 5)]
    end = tokenizer.convert_tokens_to_ids("<end_of_turn>")
    for case, row in zip(cases, rows, strict=True):
        assert case.prompt == prompt_ids(tokenizer, row["messages"][:-1], row.get("tools"))
        assert case.answer[-1] == end
        assert case.answer.count(end) == 1
    assert len(export_check.dialogue_cases(tokenizer, 50, 0)) == 50


@pytest.fixture
def tiny_gemma(tmp_path, monkeypatch):
    """命令行用小模型作基座；返回 (模型, adapter 文件夹, 输出目录, 加载过哪些文件夹)。"""
    model, folder = trained(tmp_path)
    base_file, loaded = tmp_path / "tiny.gguf", []
    tiny_base(base_file)

    def load(chosen):
        loaded.append(chosen)
        return load_adapter(new(tmp_path), chosen)

    monkeypatch.setattr(export, "gemma_source", lambda args: (base_file, load, lambda: CASES))
    return model, folder, tmp_path / "out", loaded


def test_the_command_ships_or_merges(tiny_gemma, capsys):
    model, folder, out, loaded = tiny_gemma
    result = export.main(["--adapter", str(folder), "--out", str(out)])
    assert files_in(out) == FILES
    assert not loaded  # 发布不用加载 270M
    assert (result["tiny"], result["rank"], result["alpha"], result["tensors"]) == (False, 4, 16.0, 98)
    assert read_result(capsys.readouterr().out)["gguf_bytes"] == (out / FILES[2]).stat().st_size
    result = export.main(["--adapter", str(folder), "--out", str(out / "m"), "--merged", "q8_0"])
    assert files_in(out / "m") == ["book-assistant-q8_0.LICENSE.txt", "book-assistant-q8_0.gguf"]
    assert result["merged_bytes"] == (out / "m" / "book-assistant-q8_0.gguf").stat().st_size
    expected = export.write_merged(model, folder.parent / "tiny.gguf", out / "x.gguf", "q8_0")
    assert (out / "m" / "book-assistant-q8_0.gguf").read_bytes() == expected.read_bytes()


def test_the_command_compares_what_was_shipped(tiny_gemma, close):
    _, folder, out, loaded = tiny_gemma
    result = export.main(["--adapter", str(folder), "--out", str(out), "--check", "--steps", "3"])
    assert files_in(out) == FILES  # 比较用的文件都删了
    assert loaded == [out]
    assert list(result["check"]) == ["f16", "q8_0", "q4_0", "adapter"]
    for name in ("f16", "adapter"):
        assert result["check"][name]["top1"] == 1
        assert result["check"][name]["logprob_max"] < close


def test_a_dora_adapter_can_only_be_merged(tiny_gemma, tmp_path):
    _, folder, out, _ = tiny_gemma
    save_adapter(random_lora(new(tmp_path), dora=True), folder)
    with pytest.raises(UserError, match="--merged f16"):
        export.main(["--adapter", str(folder), "--out", str(out)])
    assert not list(out.iterdir())
    assert export.main(["--adapter", str(folder), "--out", str(out), "--merged", "f16"])["merged_bytes"]


def test_the_newest_adapter_is_taken_but_never_our_own_output(tmp_path, monkeypatch):
    monkeypatch.setattr(export, "repository_root", lambda: tmp_path)
    out = tmp_path / "outputs" / "TrainAndFinetune"
    assert export.newest_adapter(out / "export") is None
    for age, name in enumerate(("export", "finetune/adapter", "compare/1")):
        (out / name).mkdir(parents=True)
        (out / name / SETTINGS).write_text("{}")
        stamp = 2_000_000_000 - age
        os.utime(out / name / SETTINGS, (stamp, stamp))
    assert export.newest_adapter(out / "export") == out / "finetune" / "adapter"


def test_bad_options_are_one_line(tmp_path):
    for argv, said in (
        (["--device", "cuda"], "只用 CPU"),
        (["--merged", "q4_k"], "q4_k"),
        (["--prompts", "0"], "正整数"),
    ):
        with pytest.raises(UserError, match=said):
            export.main([*argv, "--out", str(tmp_path)])
    with pytest.raises(UserError, match="找不到"):
        export.main(["--adapter", str(tmp_path / "none"), "--out", str(tmp_path / "out")])


def test_the_smoke_run_goes_through_everything(run_script, tmp_path):
    done = run_script("TrainAndFinetune/export.py", "--smoke", "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    result = read_result(done.stdout)
    assert result["tiny"]
    assert result["check"]["f16"]["top1"] == 1
    assert result["check"]["adapter"]["top1"] == 1
    assert (tmp_path / "out" / "smoke" / "book-assistant.gguf").stat().st_size == result["gguf_bytes"]
    assert own_parameters(load_adapter(new(tmp_path), tmp_path / "out" / "smoke", same_base=True))
