"""第 5 章的微调方法与 peft 相等：前向、梯度、合并之后的权重、文件，都逐项比过。"""

import warnings
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file

from TrainAndFinetune.base import tiny_model
from TrainAndFinetune.methods import (
    add_adapter,
    add_ia3,
    add_lora,
    add_prefix,
    add_prompt,
    load_adapter,
    merge,
    own_parameters,
    save_adapter,
    train_norms,
    trainable,
)

LAYERS = ["sliding_attention", "full_attention"]
IDS = torch.randint(0, 97, (3, 9), generator=torch.Generator().manual_seed(1))
MASK = (torch.arange(9) < torch.tensor([9, 7, 5])[:, None]).long()
VARIANTS = {
    "plain": {},
    "rslora": {"rank": 4, "rslora": True},
    "dora": {"rank": 4, "dora": True},
    "two_targets": {"rank": 2, "alpha": 3.0, "targets": ("q_proj", "down_proj")},
}


@pytest.fixture(scope="module")
def peft():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip("peft")


def new(dtype=torch.float32):
    return tiny_model(layer_types=LAYERS).to(dtype)


def scramble(model, seed=5):
    """adapter 的值都换成随机的：初始值是空操作，比不出什么。"""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in own_parameters(model).values():
            parameter.add_(0.1 * torch.randn(parameter.shape, generator=generator))
    return model


def logits(model):
    return model(input_ids=IDS, attention_mask=MASK).logits[:, -9:]


def gradients(model):
    """同一个标量损失的梯度；除以个数，量级在 1 上下。"""
    out = logits(model)
    weights = torch.randn(out.shape, generator=torch.Generator().manual_seed(2))
    (out * weights).sum().div(out.shape[1]).backward()
    return {name: p.grad for name, p in model.named_parameters() if p.requires_grad}


def peft_names(grads, prefix):
    """peft 的参数名 -> 我们的。"""
    plain = {name.removeprefix(prefix).replace(".default.weight", ".default"): g for name, g in grads.items()}
    return {name.replace("lora_magnitude_vector", "magnitude"): g for name, g in plain.items()}


def close(ours, theirs, tolerance):
    assert ours.keys() == theirs.keys()
    differences = [(ours[key] - theirs[key].view(ours[key].shape)).abs().max() for key in ours]
    return max(differences) <= tolerance


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("variant", VARIANTS)
def test_lora_forward_gradients_and_merge_equal_peft(peft, tmp_path, variant, dtype):
    """float32 里 DoRA 的梯度差最大值的 2e-6 到 4e-6 倍（加的次序不同，随 CPU 变），float64 里证明公式一样。"""
    exact = dtype == torch.float64
    ours = scramble(add_lora(new(dtype), **VARIANTS[variant]))
    save_adapter(ours, tmp_path)
    theirs = peft.PeftModel.from_pretrained(new(dtype), tmp_path, is_trainable=True).eval()
    assert (logits(ours) - logits(theirs)).abs().max() <= (1e-12 if exact else 1e-6)
    found = gradients(ours)
    largest = max(gradient.abs().max() for gradient in found.values())
    tolerance = 1e-12 if exact else 5e-6 * largest if variant == "dora" else 1e-6
    assert close(found, peft_names(gradients(theirs), "base_model.model."), tolerance)
    merge(ours)
    merged = theirs.merge_and_unload()
    for path in ("model.layers.0.self_attn.q_proj", "model.layers.1.mlp.down_proj"):
        layer = ours.get_submodule(path)
        assert (layer.merged_layer.weight - merged.get_submodule(path).weight).abs().max() <= 1e-6


def test_lora_on_a_bf16_base_equals_peft_bit_by_bit(peft, tmp_path):
    ours = scramble(add_lora(new(torch.bfloat16)))
    assert {p.dtype for p in trainable(ours).values()} == {torch.float32}
    theirs = peft.PeftModel.from_pretrained(new(torch.bfloat16), save_adapter(ours, tmp_path)).eval()
    assert logits(ours).dtype == torch.bfloat16
    assert torch.equal(logits(ours), logits(theirs))


@pytest.mark.parametrize("method", ["prefix", "prompt"])
def test_soft_prefix_forward_and_gradient_equal_peft(peft, method):
    add, kind = {"prefix": (add_prefix, "PrefixTuningConfig"), "prompt": (add_prompt, "PromptTuningConfig")}[method]
    ours = scramble(add(new(), length=5))
    theirs = peft.get_peft_model(new(), getattr(peft, kind)(num_virtual_tokens=5, task_type="CAUSAL_LM")).eval()
    weight = theirs.prompt_encoder["default"].embedding.weight
    value = ours.prompt.vectors if method == "prompt" else ours.prefix.states.permute(3, 0, 1, 2, 4).flatten(1)
    with torch.no_grad():
        weight.copy_(value)
    assert (logits(ours) - logits(theirs)).abs().max() <= 1e-5
    (mine,) = gradients(ours).values()
    (grad,) = gradients(theirs).values()
    mine = mine if method == "prompt" else mine.permute(3, 0, 1, 2, 4).flatten(1)
    assert (mine - grad).abs().max() <= 1e-5


def test_ia3_forward_gradients_and_merge_equal_peft(peft, tmp_path):
    ours = scramble(add_ia3(new()))
    theirs = peft.PeftModel.from_pretrained(new(), save_adapter(ours, tmp_path), is_trainable=True).eval()
    assert (logits(ours) - logits(theirs)).abs().max() <= 1e-6
    grads = {
        name.removeprefix("base_model.model.").replace("ia3_l.default", "scale"): g
        for name, g in gradients(theirs).items()
    }
    assert close(gradients(ours), grads, 1e-6)
    merge(ours)
    merged = theirs.merge_and_unload()
    for path in ("model.layers.0.self_attn.v_proj", "model.layers.1.mlp.down_proj"):
        assert torch.equal(ours.get_submodule(path).merged_layer.weight, merged.get_submodule(path).weight)


def test_tuned_norms_equal_the_layer_norm_tuning_of_peft(peft):
    ours = scramble(train_norms(new()))
    targets = sorted({name.rpartition(".")[0].rpartition(".")[2] for name in trainable(ours)})
    config = peft.LNTuningConfig(target_modules=targets, task_type="CAUSAL_LM")
    theirs = peft.get_peft_model(new(), config).eval()
    with torch.no_grad():
        for name, p in theirs.named_parameters():
            if p.requires_grad:
                path = name.removeprefix("base_model.model.").replace("ln_tuning_layers.default.", "")
                p.copy_(ours.get_parameter(path))
    assert torch.equal(logits(ours), logits(theirs))


def test_houlsby_adapter_equals_the_formula_applied_through_hooks():
    """peft 没有这种 adapter：用 torch.nn 的部件、以钩子接在原来的模型上算一遍。"""
    ours, reference = scramble(add_adapter(new(), size=6)), new()
    for path, layer in ours.named_modules():
        if type(layer).__name__ == "BottleneckAdapter":
            block = torch.nn.Sequential(layer.down, torch.nn.GELU(approximate="tanh"), layer.up)
            reference.get_submodule(path).register_forward_hook(lambda _, __, y, block=block: y + block(y))
    assert torch.equal(logits(ours), logits(reference))


@pytest.mark.parametrize("method", ["lora", "dora", "prefix", "prompt", "ia3"])
def test_files_go_to_peft_and_back_unchanged(peft, tmp_path, method):
    adds = {
        "lora": lambda model: add_lora(model, rank=3, alpha=4.5, targets=("v_proj", "up_proj"), dropout=0.1),
        "dora": lambda model: add_lora(model, rank=3, dora=True, rslora=True),
        "prefix": lambda model: add_prefix(model, length=4),
        "prompt": lambda model: add_prompt(model, length=4),
        "ia3": add_ia3,
    }
    ours = scramble(adds[method](new()))
    first, second = tmp_path / "ours", tmp_path / "peft"
    with warnings.catch_warnings():
        warnings.simplefilter("error", peft.utils.warning.PeftWarning)  # 缺键、多出的字段它只警告
        theirs = peft.PeftModel.from_pretrained(new(), save_adapter(ours, first)).eval()
    assert torch.allclose(logits(ours), logits(theirs), atol=1e-6)
    theirs.save_pretrained(second)
    assert_same_tensors(first, second)
    back = load_adapter(new(), second)
    assert torch.equal(logits(back), logits(ours))
    if method in ("lora", "dora"):
        one, two = ours.tuning.configs["default"], back.tuning.configs["default"]
        assert replace(two, targets=one.targets) == one
        assert set(two.targets) == set(one.targets)  # peft 存的是集合，次序会变


def assert_same_tensors(first, second):
    one, two = (load_file(folder / "adapter_model.safetensors") for folder in (first, second))
    assert one.keys() == two.keys()
    assert all(torch.equal(one[key], two[key]) for key in one)
