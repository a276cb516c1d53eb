"""第 5 章的微调方法，不管权重是什么都成立的性质。"""

import copy

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file

from book import UserError
from TrainAndFinetune.base import tiny_model
from TrainAndFinetune.methods import (
    COUNTS,
    LINEARS,
    METHODS,
    adapter_rows,
    add_adapter,
    add_lora,
    add_prefix,
    add_prompt,
    delete_adapter,
    disabled,
    load_adapter,
    merge,
    own_parameters,
    quantize_base,
    save_adapter,
    set_adapter,
    trainable,
    unload,
    unmerge,
)

LAYERS = ["sliding_attention", "full_attention"]
IDS = torch.randint(0, 97, (3, 9), generator=torch.Generator().manual_seed(1))
MASK = (torch.arange(9) < torch.tensor([9, 7, 5])[:, None]).long()
ADDED = [method for method in METHODS if method != "full"]
MERGEABLE = ["lora", "qlora", "ia3", "norms"]


def new(**changes):
    return tiny_model(**({"layer_types": LAYERS} | changes))


def base_for(method):
    """这种方法的基座：qlora 的是量化过的。"""
    return quantize_base(new()) if method == "qlora" else new()


def scramble(model, seed=5):
    """adapter 的值都换成随机的：初始值是空操作，什么也试不出来。"""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in own_parameters(model).values():
            parameter.add_(0.1 * torch.randn(parameter.shape, generator=generator))
    return model


def tuned(method, **options):
    return scramble(METHODS[method](new(), **options))


@torch.no_grad()
def logits(model, ids=IDS, mask=MASK):
    return model(input_ids=ids, attention_mask=mask).logits


@pytest.mark.parametrize("method", ["lora", "qlora", "adapter", "ia3", "norms", "dora", "rslora"])
def test_adding_a_method_changes_no_bit_of_the_output(method):
    options = {"dora": {"dora": True}, "rslora": {"rslora": True}}.get(method, {})
    model = METHODS["lora" if options else method](new(), **options)
    assert torch.equal(logits(model), logits(base_for(method)))


def test_with_a_zero_and_b_random_nothing_changes_and_only_a_moves_first():
    """反过来的初始化：装上时也是空操作，第一步只有 A 动，第二步 B 也动，损失降得下去。"""
    model = add_lora(new(), rank=4, alpha=8)
    with torch.no_grad():
        for name, p in trainable(model).items():
            half = 0.0 if "lora_A" in name else 0.5
            p.uniform_(-half, half, generator=torch.Generator().manual_seed(len(name)))
    assert torch.equal(logits(model), logits(new()))
    optimizer, losses = torch.optim.AdamW(trainable(model).values(), lr=1e-2), []
    for step in range(4):
        loss = model(input_ids=IDS, labels=IDS).loss
        loss.backward()
        moves = {key: [p.grad.any().item() for n, p in trainable(model).items() if f"lora_{key}" in n] for key in "AB"}
        assert all(moves["A"])
        assert all(moves["B"]) if step else not any(moves["B"])
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item())
    assert losses[-1] < losses[0]


@pytest.mark.parametrize("method", ADDED)
def test_disabled_is_the_base_bit_by_bit_and_comes_back(method):
    model = tuned(method)
    before = logits(model)
    assert not torch.allclose(before, logits(base_for(method)), atol=1e-3)  # 真的改了些什么
    with disabled(model):
        assert torch.equal(logits(model), logits(base_for(method)))
    assert torch.equal(logits(model), before)


@pytest.mark.parametrize("method", MERGEABLE)
def test_merged_unmerged_and_unloaded_agree(method):
    model = tuned(method)
    before = logits(model)
    merge(model)
    assert (logits(model) - before).abs().max() <= 1e-5
    merged = logits(model)
    with disabled(model):
        assert torch.equal(logits(model), logits(base_for(method)))
    unmerge(model)
    assert torch.equal(logits(model), before)
    merge(model)
    assert torch.equal(logits(unload(model)), merged)
    assert model.state_dict().keys() == new().state_dict().keys()


@pytest.mark.parametrize("method", ADDED)
def test_unloading_without_merging_leaves_the_base(method):
    model = unload(tuned(method))
    assert torch.equal(logits(model), logits(base_for(method)))
    assert trainable(model) == {}
    METHODS[method](model if method != "qlora" else new())  # 卸下之后还能再装


def test_merging_a_dora_adapter_keeps_the_output():
    model = tuned("lora", dora=True)
    before = logits(model)
    merge(model)
    assert (logits(model) - before).abs().max() <= 1e-5


def test_unmerging_a_bf16_base_is_exact_where_subtracting_is_not():
    model = scramble(add_lora(new().bfloat16()))
    before, layer = logits(model), model.model.layers[0].self_attn.q_proj
    merge(model)
    weight = layer.base_layer.weight
    subtracted = layer.merged_layer.weight - layer.delta("default").to(weight.dtype)
    unmerge(model)
    assert torch.equal(logits(model), before)
    assert not torch.equal(subtracted, weight)


@pytest.mark.parametrize("method", ADDED)
def test_saving_and_loading_is_bit_exact_and_stores_only_the_adapter(method, tmp_path):
    model = tuned(method)
    tensors = load_file(save_adapter(model, tmp_path) / "adapter_model.safetensors")
    assert sum(t.numel() for t in tensors.values()) == COUNTS[method](model.config)
    loaded = load_adapter(base_for(method), tmp_path)
    assert torch.equal(logits(loaded), logits(model))
    assert trainable(loaded).keys() == trainable(model).keys()


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("shape", [{}, {"hidden_size": 24, "num_key_value_heads": 1, "intermediate_size": 40}])
def test_the_formula_counts_the_trained_parameters(method, shape):
    model = METHODS[method](new(**shape))
    assert sum(p.numel() for p in trainable(model).values()) == COUNTS[method](model.config)


def test_the_lora_formula_holds_for_ranks_targets_and_dora():
    for rank, targets, dora in [(1, LINEARS, True), (5, ("q_proj", "v_proj"), False), (3, ("o_proj",), True)]:
        model = add_lora(new(), rank=rank, targets=targets, dora=dora)
        expected = COUNTS["lora"](model.config, rank, targets, dora)
        assert sum(p.numel() for p in trainable(model).values()) == expected


@pytest.mark.parametrize("method", ADDED)
def test_training_moves_every_adapter_tensor_and_no_bit_of_the_base(method):
    model = tuned(method).train()
    base = {name: p.clone() for name, p in model.named_parameters() if name not in own_parameters(model)}
    before = {name: p.detach().clone() for name, p in trainable(model).items()}
    optimizer = torch.optim.SGD(trainable(model).values(), lr=0.1)
    model(input_ids=IDS, attention_mask=MASK, labels=IDS).loss.backward()
    optimizer.step()
    assert own_parameters(model).keys() == before.keys()
    assert all(not torch.equal(p, before[name]) for name, p in trainable(model).items())
    for name, p in model.named_parameters():
        if name in base:
            assert p.grad is None
            assert torch.equal(p, base[name])


@pytest.mark.parametrize("method", ADDED)
def test_every_method_trains_in_float32_on_a_bf16_base(method):
    model = METHODS[method](new().bfloat16())
    out = model(input_ids=IDS, attention_mask=MASK, labels=IDS)
    assert out.logits.dtype == torch.bfloat16
    out.loss.backward()
    assert {p.grad.dtype for p in trainable(model).values()} == {torch.float32}
    assert all(p.grad.isfinite().all() for p in trainable(model).values())


@pytest.mark.parametrize("method", ADDED)
def test_generate_with_a_cache_equals_recomputing_every_step(method):
    model, ids = tuned(method), IDS[:1]
    written = model.generate(ids, max_new_tokens=6, do_sample=False, eos_token_id=None, pad_token_id=0)
    for _ in range(6):
        ids = torch.cat([ids, logits(model, ids, None)[:, -1:].argmax(-1)], dim=1)
    assert torch.equal(written, ids)


@pytest.mark.parametrize("method", ADDED)
def test_padding_on_the_right_changes_nothing(method):
    model = tuned(method)
    whole = logits(model)
    for row, length in enumerate([9, 7, 5]):
        alone = logits(model, IDS[row : row + 1, :length], None)
        assert torch.allclose(whole[row, :length], alone[0], atol=1e-5)


@pytest.mark.parametrize("method", ADDED)
def test_a_deep_copy_is_independent_of_the_original(method):
    model = tuned(method)
    before, twin = logits(model), copy.deepcopy(model)
    scramble(twin, seed=6)
    assert not torch.equal(logits(twin), before)
    with disabled(twin):
        assert torch.equal(logits(model), before)
    assert torch.equal(logits(model), before)


def test_a_prefix_or_prompt_made_of_real_words_is_those_words_in_front():
    words = torch.tensor([5, 17, 40, 8])
    expected = logits(new(), torch.cat([words.expand(3, -1), IDS], dim=1), None)[:, 4:]
    for add in (add_prefix, add_prompt):
        model = add(new(), length=4, init_ids=words)
        assert torch.allclose(logits(model, IDS, None), expected, atol=1e-5)
        positions = torch.arange(9).expand(3, 9)  # 调用者给的位置只数真的词
        with torch.no_grad():
            given_positions = model(input_ids=IDS, position_ids=positions).logits
        assert torch.allclose(given_positions, expected, atol=1e-5)


def test_words_beyond_the_sliding_window_no_longer_see_the_prefix():
    """滑动层的窗口是 8、前缀 4：全是滑动层的模型里，远处的词与没有前缀时只隔着前面的词受影响。"""
    model = new(num_hidden_layers=1, layer_types=["sliding_attention"], sliding_window=8)
    ids = torch.randint(0, 97, (1, 20), generator=torch.Generator().manual_seed(3))
    tuned_model = add_prefix(copy.deepcopy(model), length=4)
    difference = (logits(tuned_model, ids, None) - logits(model, ids, None)).abs().amax(-1)[0]
    assert (difference[:7] > 1e-5).all()
    assert (difference[7:] <= 1e-5).all()


def two_adapters():
    model = scramble(add_lora(new(), rank=2, name="one"), seed=1)
    add_lora(model, rank=3, alpha=5.0, targets=("v_proj", "up_proj"), name="two")
    for name, parameter in own_parameters(model).items():
        if name.endswith(".two"):
            parameter.data.normal_(0, 0.1, generator=torch.Generator().manual_seed(len(name)))
    return model


def each_alone(model):
    """每个 adapter 单独用的输出；None 是基座。"""
    outputs = {}
    for name in ("one", "two"):
        set_adapter(model, name)
        outputs[name] = logits(model)
    with disabled(model):
        return outputs | {None: logits(model)}


def test_adapters_switch_and_only_the_active_one_is_trained():
    model = two_adapters()
    alone = each_alone(model)
    assert not torch.allclose(alone["one"], alone["two"], atol=1e-3)
    set_adapter(model, "one")
    assert all(name.endswith(".one") for name in trainable(model))
    single = scramble(add_lora(new(), rank=2, name="one"), seed=1)
    assert torch.equal(alone["one"], logits(single))
    delete_adapter(model, "two")
    assert own_parameters(model).keys() == own_parameters(single).keys()


def test_an_adapter_saved_from_a_model_with_two_is_the_one_named(tmp_path):
    model = two_adapters()
    alone = each_alone(model)
    save_adapter(model, tmp_path, name="one")
    assert torch.equal(logits(load_adapter(new(), tmp_path)), alone["one"])
    model = add_lora(new(), rank=1)
    load_adapter(model, tmp_path, name="loaded")
    assert torch.equal(logits(model), alone["one"])
    set_adapter(model, "default")
    assert torch.equal(logits(model), alone[None])


MIXED = two_adapters()
ALONE = each_alone(MIXED)


@given(st.lists(st.sampled_from(["one", "two", None]), min_size=3, max_size=3))
@settings(max_examples=20, deadline=None)
def test_every_row_of_a_mixed_batch_equals_its_adapter_alone(names):
    with adapter_rows(MIXED, names):
        mixed = logits(MIXED)
    for row, name in enumerate(names):
        assert torch.allclose(mixed[row], ALONE[name][row], atol=1e-5)


def test_a_mixed_batch_needs_one_name_per_row():
    with adapter_rows(MIXED, ["one"]), pytest.raises(ValueError, match="给了 1 行，这一批有 3 行"):
        logits(MIXED)


def test_the_initial_values_depend_on_the_seed_and_the_place_only():
    one, two, other = add_lora(new(), seed=3), add_lora(new(), targets=("k_proj", "q_proj"), seed=3), add_lora(new())
    key = "model.layers.1.self_attn.q_proj.lora_A.default"
    assert torch.equal(one.get_parameter(key), two.get_parameter(key))
    assert not torch.equal(one.get_parameter(key), other.get_parameter(key))
    assert not torch.equal(one.get_parameter(key), one.get_parameter(key.replace("layers.1", "layers.0")))


def test_dropout_is_off_in_a_model_that_was_in_eval_mode():
    model = scramble(add_lora(new(), dropout=0.5))
    assert torch.equal(logits(model), logits(model))
    model.train()
    assert not torch.equal(logits(model), logits(model))


def test_a_quantized_base_gives_the_gradients_of_its_dense_weights():
    ours = tuned("qlora")
    dense = new()
    for name, module in quantize_base(new()).named_modules():
        if type(module).__name__ == "NF4Linear":
            dense.get_submodule(name).weight.data = module.weight
    dense = scramble(add_lora(dense))
    for model in (ours, dense):
        model(input_ids=IDS, attention_mask=MASK, labels=IDS).loss.backward()
    for name, p in trainable(ours).items():
        assert torch.allclose(p.grad, dense.get_parameter(name).grad, atol=1e-7)


def test_a_quantized_layer_keeps_no_dense_weight_for_the_backward_pass():
    layer = quantize_base(new()).model.layers[0].mlp.up_proj
    saved = []
    with torch.autograd.graph.saved_tensors_hooks(lambda t: saved.append(t) or t, lambda t: t):
        layer(torch.randn(2, 32, requires_grad=True)).sum()
    assert all(t.numel() < layer.in_features * layer.out_features for t in saved)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"seed": 1}, "另一个基座"),
        ({"hidden_size": 24}, "另一个基座"),
        ({"vocab_size": 50}, "另一个基座"),
    ],
)
def test_an_adapter_of_another_base_is_refused_in_one_line(tmp_path, changes, message):
    save_adapter(tuned("lora"), tmp_path)
    model = new(**changes)
    before = logits(model, IDS % 50)
    with pytest.raises(UserError, match=message) as caught:
        load_adapter(model, tmp_path)
    assert "\n" not in str(caught.value)
    assert torch.equal(logits(model, IDS % 50), before)
    assert not own_parameters(model)


@pytest.mark.parametrize("method", ADDED)
def test_without_the_fingerprint_names_and_shapes_still_refuse(tmp_path, method):
    save_adapter(tuned(method), tmp_path)
    shape = {"hidden_size": 24, "intermediate_size": 40, "head_dim": 4}
    model = new(**shape) if method != "qlora" else new(**shape, num_hidden_layers=1, layer_types=LAYERS[:1])
    with pytest.raises(UserError, match="与这个基座对不上") as caught:
        load_adapter(model, tmp_path, same_base=False)
    assert "\n" not in str(caught.value)
    assert not own_parameters(model)
    assert not hasattr(model, "tuning")


def test_a_refused_second_adapter_leaves_the_first_in_use(tmp_path):
    save_adapter(tuned("lora"), tmp_path)
    model = scramble(add_lora(new(hidden_size=24), name="first"))
    before = logits(model)
    with pytest.raises(UserError, match="对不上"):
        load_adapter(model, tmp_path, name="second", same_base=False)
    assert torch.equal(logits(model), before)
    assert list(model.tuning.configs) == ["first"]
    assert all(name.endswith(".first") for name in trainable(model))


def test_broken_or_missing_files_and_unknown_kinds_are_one_line(tmp_path):
    save_adapter(tuned("lora"), tmp_path)
    settings_file, weights = tmp_path / "adapter_config.json", tmp_path / "adapter_model.safetensors"
    good = settings_file.read_text()
    for text, message in [
        ("{", "读不出来"),
        ("[]", "不是一个 JSON 对象"),
        ('{"peft_type": "LOHA"}', "LOHA"),
        ('{"peft_type": "LORA"}', "target_modules"),
        (good.replace('"r": 8', '"r": 0'), "rank=0"),
        (good.replace('"r": 8', '"r": 4'), r"需要 \(4, 32\)|需要 \(4, 48\)|对不上"),
        (good.replace('"bias": "none"', '"bias": "all"'), "bias"),
    ]:
        settings_file.write_text(text)
        with pytest.raises(UserError, match=message):
            load_adapter(new(), tmp_path)
    settings_file.write_text(good)
    weights.write_bytes(weights.read_bytes()[:-100])
    with pytest.raises(UserError, match="读不出来"):
        load_adapter(new(), tmp_path)
    with pytest.raises(UserError, match="找不到"):
        load_adapter(new(), tmp_path / "nowhere")


WRONG = {
    "rank=0": lambda: add_lora(new(), rank=0),
    "alpha=-1": lambda: add_lora(new(), alpha=-1),
    "dropout=1": lambda: add_lora(new(), dropout=1),
    "没有叫 .'query'. 的层": lambda: add_lora(new(), targets=("query",)),
    "只装在线性层上": lambda: add_lora(new(), targets=("embed_tokens",)),
    "size=0": lambda: add_adapter(new(), size=0),
    "length=0": lambda: add_prefix(new(), length=0),
    "滑动窗口是 16": lambda: add_prompt(new(), length=17),
    "init='zeros'": lambda: add_prefix(new(), init="zeros"),
    "init_ids 有 0 个": lambda: add_prompt(new(), init_ids=[]),
    "不能有点号": lambda: add_lora(new(), name="a.b"),
    "已经有名叫 default": lambda: add_lora(add_lora(new())),
    "已经装了 lora，不能再装 adapter": lambda: add_adapter(add_lora(new())),
    "还没有 adapter": lambda: merge(new()),
    "没有叫 other": lambda: set_adapter(add_lora(new()), "other"),
    "折不进原来的权重": lambda: merge(add_adapter(new())),
    "合并不了": lambda: merge(add_prefix(new())),
    "先量化基座": lambda: quantize_base(add_lora(new())),
    "正在用": lambda: delete_adapter(add_lora(new()), "default"),
}


@pytest.mark.parametrize("message", WRONG)
def test_a_wrong_use_is_one_line_that_says_what_to_try(message):
    with pytest.raises(UserError, match=message) as caught:
        WRONG[message]()
    assert "\n" not in str(caught.value)


def test_a_wrong_target_leaves_the_model_untouched():
    model = new()
    with pytest.raises(UserError):
        add_lora(model, targets=("q_proj", "query"))
    assert not hasattr(model, "tuning")
    assert len(trainable(model)) == len(list(model.parameters()))


def test_a_merged_model_refuses_to_switch_or_to_get_another_adapter():
    model = add_lora(new())
    merge(model)
    for wrong in (lambda: merge(model), lambda: set_adapter(model, "default"), lambda: add_lora(model, name="two")):
        with pytest.raises(UserError, match="先 unmerge"):
            wrong()


def test_gradient_checkpointing_with_a_prefix_is_refused():
    model = add_prefix(new()).train()
    model.gradient_checkpointing_enable()
    with pytest.raises(UserError, match="gradient_checkpointing_disable"):
        model(input_ids=IDS)


def test_frozen_norms_and_layers_without_lora_keep_fewer_activations():
    """七种都装：比全参数少的只是归一化层的那一份；只改注意力，MLP 的输入也不留。"""

    def saved(model):
        weights, sizes = {p.untyped_storage().data_ptr() for p in model.parameters()}, {}

        def keep(t):
            storage = t.untyped_storage()
            if storage.data_ptr() not in weights:
                sizes[storage.data_ptr()] = (storage.nbytes(), t)  # 留着 t：地址不会再分给别的
            return t

        with torch.autograd.graph.saved_tensors_hooks(keep, lambda t: t):
            model.train()(input_ids=IDS, labels=IDS)
        return sum(size for size, _ in sizes.values())

    full, frozen_norms = new(), new()
    for name, p in frozen_norms.named_parameters():
        p.requires_grad_("norm" not in name)
    every, attention = add_lora(new(), rank=1), add_lora(new(), rank=1, targets=("q_proj", "k_proj", "v_proj"))
    assert saved(attention) < saved(every)
    assert saved(frozen_norms) < saved(full)
    assert abs(saved(every) - saved(frozen_norms)) < 0.25 * (saved(full) - saved(frozen_norms))
