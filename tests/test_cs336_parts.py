"""第 4 章的零件：等于 torch 的，输出与梯度；写法上只用了允许的那些。"""

import ast
import math

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from book import repository_root
from CS336.Transformer import (
    AdamW,
    Embedding,
    Linear,
    RMSNorm,
    RotaryEmbedding,
    SwiGLU,
    clip_grad_norm_,
    cosine_lr,
    cross_entropy,
    scaled_dot_product_attention,
    silu,
    softmax,
)
from CS336.Transformer.layers import SiLUFeedForward, default_d_ff

FOLDER = repository_root() / "CS336" / "Transformer"
SCRATCH = ("functional", "layers", "rope", "model", "optimizer", "data", "checkpoint", "generate")
HALVES = [torch.bfloat16, torch.float16]
TOLERANCE = {torch.float32: 1e-6, torch.float16: 2e-3, torch.bfloat16: 2e-2}


@pytest.fixture(autouse=True)
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    yield
    torch.set_num_threads(threads)


def randn(*shape, seed=0, dtype=torch.float32):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed)).to(dtype)


def assert_same(ours, theirs, inputs, tolerance=1e-6):
    """两个函数在同样的输入上：输出相同，对每个输入的梯度也相同；误差按各自最大的数算。"""
    results = []
    for function in (ours, theirs):
        leaves = [x.detach().clone().requires_grad_() for x in inputs]
        out = function(*leaves)
        upstream = randn(*out.shape, seed=9, dtype=out.dtype)
        results.append((out.detach(), *torch.autograd.grad(out, leaves, upstream)))
    for a, b in zip(*results):
        assert a.dtype == b.dtype
        assert a.shape == b.shape
        scale = max(1.0, b.double().abs().max().item())
        torch.testing.assert_close(a.double(), b.double(), atol=tolerance * scale, rtol=0)


# ---- 从零写


ALLOWED_NN = {"Module", "Parameter", "ModuleList", "ModuleDict", "Sequential", "Identity", "init"}
SHORTCUTS = {
    *("softmax", "log_softmax", "logsumexp", "logaddexp", "silu", "rms_norm", "layer_norm", "cross_entropy"),
    *("nll_loss", "scaled_dot_product_attention", "embedding", "linear", "functional", "lr_scheduler"),
    *("clip_grad_norm_", "clip_grads_with_norm_", "special", "_foreach_norm", "AdamW", "Adam"),
}


def library_shortcuts(source: str) -> list[str]:
    """一段源码用了哪些不许用的现成零件。"""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            module = getattr(node, "module", None) or ""
            names = [alias.name if not module else f"{module}.{alias.name}" for alias in node.names]
            found += [name for name in names if name.startswith("torch.") and name not in ("torch.Tensor", "torch.nn")]
        elif isinstance(node, ast.Attribute):
            base = ast.unparse(node.value)
            if base in ("nn", "torch.nn") and node.attr not in ALLOWED_NN:
                found.append(f"nn.{node.attr}")
            elif base == "torch.optim" and node.attr != "Optimizer":
                found.append(f"torch.optim.{node.attr}")
            elif node.attr in SHORTCUTS:
                found.append(node.attr)
    return found


@pytest.mark.parametrize("name", SCRATCH)
def test_the_module_is_written_from_scratch(name):
    assert library_shortcuts((FOLDER / f"{name}.py").read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "line",
    [
        "import torch.nn.functional as F",
        "from torch.nn import functional",
        "from torch.nn import Linear",
        "y = torch.nn.functional.silu(x)",
        "y = x.softmax(-1)",
        "y = torch.logsumexp(x, -1)",
        "layer = nn.Embedding(3, 4)",
        "opt = torch.optim.AdamW(p)",
        "from torch.optim import SGD",
        "nn.utils.clip_grad_norm_(p, 1.0)",
    ],
)
def test_the_rule_against_shortcuts_bites(line):
    assert library_shortcuts(line)


# ---- 没有参数的零件


@pytest.mark.parametrize("dtype", [torch.float32, *HALVES])
@pytest.mark.parametrize(("shape", "dim"), [((7,), -1), ((1,), 0), ((3, 5), 0), ((2, 3, 5), 1), ((2, 3, 5), -1)])
def test_softmax_equals_torch(shape, dim, dtype):
    x = 3 * randn(*shape, dtype=dtype)
    assert_same(lambda x: softmax(x, dim), lambda x: F.softmax(x, dim), [x], TOLERANCE[dtype])


@pytest.mark.parametrize("shift", [0.0, 1e4, -1e4])
def test_softmax_survives_extreme_logits(shift):
    x = torch.tensor([[0.0, 1.0, -1.0], [1e4, 0.0, -1e4], [-math.inf, 2.0, 2.0]]) + shift
    assert_same(softmax, lambda x: F.softmax(x, -1), [x])
    assert softmax(x).isfinite().all()


def test_softmax_does_not_change_when_a_constant_is_added():
    x = torch.arange(6.0).view(2, 3)
    assert torch.equal(softmax(x), softmax(x + 4096))


@pytest.mark.parametrize("dtype", [torch.float32, *HALVES])
def test_silu_equals_torch(dtype):
    x = torch.cat([4 * randn(50), torch.tensor([0.0, -80.0, 80.0])]).to(dtype)
    assert_same(silu, F.silu, [x], TOLERANCE[dtype])


@pytest.mark.parametrize("dtype", [torch.float32, *HALVES])
@pytest.mark.parametrize(
    ("query", "key", "value_width", "mask_shape"),
    [
        ((4, 8), (6, 8), 8, None),
        ((2, 3, 4, 8), (2, 3, 6, 8), 5, (4, 6)),
        ((2, 3, 1, 7), (2, 3, 9, 7), 7, (2, 1, 1, 9)),
        ((2, 3, 5, 8), (2, 3, 5, 8), 8, (2, 3, 5, 5)),
    ],
)
def test_attention_equals_torch(query, key, value_width, mask_shape, dtype):
    mask = None
    if mask_shape:
        mask = randn(*mask_shape, seed=3) > 0
        mask[..., 0] = True  # 每行至少看见一个
    inputs = [randn(*query), randn(*key, seed=1), randn(*key[:-1], value_width, seed=2)]
    assert_same(
        lambda q, k, v: scaled_dot_product_attention(q, k, v, mask),
        lambda q, k, v: F.scaled_dot_product_attention(q, k, v, mask),
        [x.to(dtype) for x in inputs],
        2 * TOLERANCE[dtype],
    )


def test_a_masked_value_may_be_anything_finite():
    q, k, v = randn(3, 4), randn(5, 4, seed=1), randn(5, 4, seed=2)
    mask = torch.tensor([True, True, False, True, True]).expand(3, 5)
    before = scaled_dot_product_attention(q, k, v, mask)
    k[2], v[2] = 1e30, -1e30
    assert torch.equal(scaled_dot_product_attention(q, k, v, mask), before)


def test_a_masked_key_gets_nothing_even_when_the_visible_scores_are_hugely_negative():
    """看得见的分数是 -70,711：拿 -10,000 当「看不见」就会反过来。"""
    q, k, v = torch.tensor([[100.0, 0.0]]), torch.tensor([[-1000.0, 0.0], [0.0, 0.0]]), torch.eye(2)
    out = scaled_dot_product_attention(q, k, v, torch.tensor([[True, False]]))
    assert out.tolist() == [[1.0, 0.0]]


def test_a_mask_that_is_not_boolean_is_refused():
    with pytest.raises(ValueError, match="布尔"):
        scaled_dot_product_attention(randn(2, 4), randn(2, 4), randn(2, 4), torch.ones(2, 2))


@pytest.mark.parametrize("shape", [(), (3,), (2, 5), (2, 1, 4)])
def test_cross_entropy_equals_torch(shape):
    logits, targets = 3 * randn(*shape, 11), torch.randint(11, shape, generator=torch.Generator().manual_seed(1))
    assert_same(
        lambda x: cross_entropy(x, targets), lambda x: F.cross_entropy(x.reshape(-1, 11), targets.flatten()), [logits]
    )


@pytest.mark.parametrize("scale", [1e4, 1e30])
def test_cross_entropy_survives_extreme_logits(scale):
    """先取 softmax 再取 log，小的概率变成 0，损失变成 inf；这里是准确的数，梯度也有限。"""
    logits, targets = scale * torch.eye(3)[:2], torch.tensor([0, 2])
    assert_same(lambda x: cross_entropy(x, targets), lambda x: F.cross_entropy(x, targets), [logits])
    assert cross_entropy(logits, targets).item() == pytest.approx(scale / 2)


@pytest.mark.parametrize("shape", [(1,), (3,), (2, 1), ()])
def test_targets_of_another_shape_are_refused_instead_of_broadcast(shape):
    with pytest.raises(ValueError, match="去掉最后一维"):
        cross_entropy(randn(2, 4), torch.zeros(shape, dtype=torch.long))


@pytest.mark.parametrize("part", [RMSNorm(2), RotaryEmbedding(2, 4), lambda x: cross_entropy(x, torch.tensor(0))])
def test_whole_numbers_are_refused_because_rounding_would_hide(part):
    x = torch.tensor([[3, 4]]) if isinstance(part, RotaryEmbedding) else torch.tensor([3, 4])
    with pytest.raises(ValueError, match="int64，要浮点数"):
        part(x)


def test_cross_entropy_ignores_impossible_classes_that_are_not_the_target():
    logits, targets = torch.tensor([[0.0, -math.inf, 1.0]]), torch.tensor([2])
    assert_same(lambda x: cross_entropy(x, targets), lambda x: F.cross_entropy(x, targets), [logits])
    assert cross_entropy(logits, torch.tensor([1])).item() == math.inf


@pytest.mark.parametrize("dtype", HALVES)
def test_cross_entropy_of_sixteen_bit_logits_is_computed_in_float32(dtype):
    logits, targets = randn(64, 20_000, dtype=dtype), torch.arange(64)
    loss = cross_entropy(logits, targets)
    assert loss.dtype == torch.float32
    torch.testing.assert_close(loss, F.cross_entropy(logits.float(), targets), atol=1e-5, rtol=0)


# ---- 有参数的零件


@pytest.mark.parametrize("dtype", [torch.float32, *HALVES])
@pytest.mark.parametrize("shape", [(6,), (3, 6), (2, 1, 6)])
def test_linear_equals_torch(shape, dtype):
    layer = Linear(6, 4)

    def ours(x, weight):
        return torch.func.functional_call(layer, {"weight": weight}, x)

    weight = layer.weight.detach().to(dtype)
    assert_same(ours, F.linear, [randn(*shape, dtype=dtype), weight], 2 * TOLERANCE[dtype])


@pytest.mark.parametrize("ids", [[[1, 2, 2], [0, 4, 2]], [3], 2, []])
def test_embedding_equals_torch(ids):
    layer, ids = Embedding(5, 4), torch.tensor(ids, dtype=torch.long)
    theirs = nn.Embedding(5, 4, _weight=layer.weight.detach().clone())
    assert torch.equal(layer(ids), theirs(ids))
    upstream = randn(*ids.shape, 4)
    layer(ids).backward(upstream)
    theirs(ids).backward(upstream)
    torch.testing.assert_close(layer.weight.grad, theirs.weight.grad)


@pytest.mark.parametrize(("ids", "worst"), [([0, -1], "-1"), ([2, 5], "5"), ([-7, 6], "-7")])
def test_a_token_outside_the_vocabulary_is_refused(ids, worst):
    with pytest.raises(ValueError, match=rf"词编号 {worst} 不在 0\.\.4"):
        Embedding(5, 4)(torch.tensor(ids))


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, *HALVES])
@pytest.mark.parametrize("shape", [(8,), (3, 8), (2, 3, 8), (4, 1)])
def test_rms_norm_equals_torch(shape, dtype):
    layer, tolerance = RMSNorm(shape[-1], eps=1e-3), TOLERANCE.get(dtype, 1e-12)

    def ours(x, weight):
        return torch.func.functional_call(layer, {"weight": weight}, x)

    def theirs(x, weight):
        return F.rms_norm(x, (shape[-1],), weight, eps=1e-3)

    assert_same(ours, theirs, [3 * randn(*shape, dtype=dtype), randn(shape[-1], seed=1, dtype=dtype)], tolerance)


def test_rms_norm_ignores_the_scale_of_its_input_and_keeps_zero():
    x = randn(3, 8)
    torch.testing.assert_close(RMSNorm(8)(1000 * x), RMSNorm(8)(x), atol=1e-4, rtol=0)
    assert torch.equal(RMSNorm(8)(torch.zeros(2, 8)), torch.zeros(2, 8))


def test_rms_norm_in_float16_survives_squares_that_overflow():
    x = 1000 * randn(3, 64)
    out = RMSNorm(64)(x.half())
    assert out.dtype == torch.float16
    torch.testing.assert_close(out.float(), RMSNorm(64)(x), atol=2e-3, rtol=2e-3)


def test_swiglu_equals_the_formula_and_its_halves_are_not_interchangeable():
    layer, x = SwiGLU(6, 10), randn(2, 3, 6)
    w1, w2, w3 = (w.weight for w in (layer.w1, layer.w2, layer.w3))
    expected = F.linear(F.silu(F.linear(x, w1)) * F.linear(x, w3), w2)
    torch.testing.assert_close(layer(x), expected)
    swapped = F.linear(F.silu(F.linear(x, w3)) * F.linear(x, w1), w2)
    assert not torch.allclose(layer(x), swapped, atol=1e-3)


@pytest.mark.parametrize(("d_model", "d_ff"), [(64, 192), (128, 320), (512, 1344), (768, 2048), (8, 64)])
def test_the_default_width_is_eight_thirds_rounded_to_64(d_model, d_ff):
    assert default_d_ff(d_model) == d_ff
    assert SwiGLU(d_model).w1.weight.shape == (d_ff, d_model)
    gated, plain = (sum(p.numel() for p in layer(d_model).parameters()) for layer in (SwiGLU, SiLUFeedForward))
    assert gated == plain


def test_silu_feed_forward_equals_the_formula():
    layer, x = SiLUFeedForward(6, 10), randn(2, 6)
    torch.testing.assert_close(layer(x), F.linear(F.silu(F.linear(x, layer.w1.weight)), layer.w2.weight))


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_every_part_takes_a_device_and_a_dtype(device, dtype):
    parts = [Linear(4, 6, device, dtype), Embedding(4, 6, device, dtype), SwiGLU(4, 6, device, dtype)]
    parts.append(RMSNorm(4, device=device, dtype=dtype))
    for weight in (p for part in parts for p in part.parameters()):
        assert (weight.device.type, weight.dtype) == (device, dtype)


def test_initial_weights_have_the_stated_spread_and_cut():
    """截在 ±3σ 的正态分布，标准差是 σ 的 0.9866 倍。"""
    for weight, std in (
        (Linear(300, 500).weight, math.sqrt(2 / 800)),
        (Linear(900, 100).weight, math.sqrt(2 / 1000)),
        (Embedding(500, 300).weight, 1.0),
    ):
        assert weight.abs().max().item() <= 3 * std
        assert weight.abs().max().item() > 2.9 * std
        assert weight.mean().item() == pytest.approx(0, abs=0.02 * std)
        assert weight.std().item() == pytest.approx(0.9866 * std, rel=0.01)
    assert torch.equal(RMSNorm(5).weight, torch.ones(5))


# ---- 旋转编码


def rotate_by_hand(x: torch.Tensor, position: int, theta: float) -> torch.Tensor:
    """用复数写的独立算法：相邻两个通道是一个复数，乘 e^{i·角}。"""
    pairs = torch.view_as_complex(x.view(*x.shape[:-1], -1, 2))
    angles = torch.tensor([position * theta ** (-2 * i / x.shape[-1]) for i in range(x.shape[-1] // 2)])
    return torch.view_as_real(pairs * torch.polar(torch.ones_like(angles), angles)).flatten(-2)


@pytest.mark.parametrize("theta", [100.0, 10000.0])
def test_rope_equals_multiplication_by_a_complex_number(theta):
    x = randn(2, 3, 7, 8)
    out = RotaryEmbedding(8, 16, theta)(x)
    for p in range(7):
        torch.testing.assert_close(out[..., p, :], rotate_by_hand(x[..., p, :].contiguous(), p, theta))


def test_rope_leaves_position_zero_alone_and_keeps_lengths():
    x = randn(2, 3, 9, 8)
    out = RotaryEmbedding(8, 9)(x)
    assert torch.equal(out[..., 0, :], x[..., 0, :])
    torch.testing.assert_close(out.norm(dim=-1), x.norm(dim=-1))
    assert not torch.allclose(out[..., 1, :], x[..., 1, :], atol=1e-2)


def test_the_dot_product_after_rope_depends_only_on_the_distance():
    rope, q, k = RotaryEmbedding(8, 64), randn(8).expand(64, 8), randn(8, seed=1).expand(64, 8)
    scores = rope(q) @ rope(k).T  # (64, 64)
    for distance in (-40, -1, 0, 1, 7):
        diagonal = scores.diagonal(distance)
        torch.testing.assert_close(diagonal, diagonal[:1].expand_as(diagonal), atol=1e-5, rtol=0)
    assert scores[0, 1] != scores[1, 0]  # 前后有别


def test_positions_may_be_shared_or_differ_between_sentences():
    rope, x = RotaryEmbedding(6, 32), randn(2, 3, 4, 6)
    shared = torch.tensor([5, 6, 9, 1])
    expected = torch.stack([rope(x[:, :, [t]], shared[[t]])[:, :, 0] for t in range(4)], dim=2)
    torch.testing.assert_close(rope(x, shared), expected)
    assert torch.equal(rope(x, shared[None]), expected)  # (1, T)
    each = torch.stack([shared, shared.flip(0)])  # (B, T)
    assert torch.equal(rope(x, each)[0], expected[0])
    assert torch.equal(rope(x, each)[1], rope(x[1], shared.flip(0)))
    assert torch.equal(rope(x[:, 0], each), rope(x, each)[:, 0])  # 没有头那一维的 (B, T, D)


def test_rope_refuses_an_odd_width_and_a_sentence_that_is_too_long():
    with pytest.raises(ValueError, match="偶数"):
        RotaryEmbedding(5, 8)
    with pytest.raises(ValueError, match="max_seq_len=8"):
        RotaryEmbedding(4, 8)(randn(9, 4))


@pytest.mark.parametrize("dtype", HALVES)
def test_rope_rotates_sixteen_bit_vectors_in_float32(dtype):
    rope, x = RotaryEmbedding(8, 512), randn(512, 8, dtype=dtype)
    assert torch.equal(rope(x), rope(x.float()).to(dtype))
    assert rope.state_dict() == {}
    # 整个模型转成 16 位时表也转了：乘加仍在 float32 里，只在最后舍入一次
    coarse = RotaryEmbedding(8, 512).to(dtype)
    assert torch.equal(coarse(x), RotaryEmbedding(8, 512).to(dtype).float()(x.float()).to(dtype))


# ---- 优化


def two_groups(kind, **options):
    """同样的起点与梯度：两组参数，一组自己的学习率与衰减；梯度的大小每步都变，有一步一个参数没有梯度。"""
    params = [nn.Parameter(randn(4, 3)), nn.Parameter(randn(5, seed=1)), nn.Parameter(randn(2, 2, seed=2))]
    groups = [{"params": params[:1]}, {"params": params[1:], "lr": 0.03, "weight_decay": 0.0}]
    optimizer, history = kind(groups, **options), []
    for step in range(15):
        for i, p in enumerate(params):
            p.grad = None if (step, i) == (4, 2) else randn(*p.shape, seed=10 * step + i) * 10.0 ** (step % 4 - 2)
        optimizer.step()
        history.append(torch.cat([p.detach().flatten() for p in params]))
    return torch.stack(history)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"lr": 0.01, "weight_decay": 0.5},
        {"lr": 0.1, "betas": (0.8, 0.9), "eps": 1e-2, "weight_decay": 0.1},
        {"lr": 0.01, "betas": (0.0, 0.0), "weight_decay": 0.0},
    ],
)
def test_adamw_equals_torch_over_fifteen_steps(options):
    torch.testing.assert_close(two_groups(AdamW, **options), two_groups(torch.optim.AdamW, **options))


def test_the_defaults_of_adamw_are_those_of_torch():
    p = nn.Parameter(torch.ones(2))
    ours, theirs = AdamW([p]).defaults, torch.optim.AdamW([p]).defaults
    assert ours == {name: theirs[name] for name in ours}


def test_adamw_runs_a_closure_with_gradients_and_returns_its_loss():
    p = nn.Parameter(torch.tensor([2.0]))
    optimizer = AdamW([p], lr=0.1)

    def closure():
        optimizer.zero_grad()
        loss = (p**2).sum()
        loss.backward()
        return loss

    assert optimizer.step(closure).item() == 4.0
    assert p.item() < 2.0
    assert optimizer.step() is None


def test_weight_decay_does_not_pass_through_the_moments():
    """梯度大 100 倍的参数，衰减的量一样：衰减进了梯度，就会被 √v 除掉。"""
    shrunk = []
    for scale in (1.0, 100.0):
        values = []
        for decay in (0.0, 0.1):
            p = nn.Parameter(torch.tensor([1.0]))
            p.grad = torch.tensor([scale])
            AdamW([p], lr=0.1, weight_decay=decay).step()
            values.append(p.item())
        shrunk.append(values[0] - values[1])
    assert shrunk == pytest.approx([0.01, 0.01], rel=1e-4)


def test_an_interrupted_adamw_continues_as_if_nothing_happened():
    def train(p, optimizer, steps):
        for step in steps:
            p.grad = randn(6, seed=step)
            optimizer.step()

    whole, first = nn.Parameter(torch.ones(6)), nn.Parameter(torch.ones(6))
    train(whole, AdamW([whole], lr=0.1), range(8))
    before = AdamW([first], lr=0.1)
    train(first, before, range(5))
    second = nn.Parameter(first.detach().clone())
    after = AdamW([second], lr=9.0)
    after.load_state_dict(before.state_dict())
    train(second, after, range(5, 8))
    assert torch.equal(whole, second)


@pytest.mark.parametrize("wrong", [{"lr": -1.0}, {"betas": (0.9, 1.0)}, {"eps": -1e-8}, {"weight_decay": -0.1}])
def test_adamw_refuses_impossible_options(wrong):
    with pytest.raises(ValueError, match="不能是负数"):
        AdamW([nn.Parameter(torch.ones(1))], **wrong)


def test_the_cosine_schedule_equals_a_formula_written_independently():
    """与 torch 的两个调度器接起来的比较，再加上终点之后。"""
    top, low, warmup, total = 3e-3, 3e-4, 5, 25
    parameter = nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([parameter], lr=top)
    tail = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, total - warmup, eta_min=low)
    for step in range(warmup):
        assert cosine_lr(step, top, low, warmup, total) == pytest.approx(top * step / warmup)
    for step in range(warmup, total + 1):
        assert cosine_lr(step, top, low, warmup, total) == pytest.approx(optimizer.param_groups[0]["lr"], rel=1e-9)
        optimizer.step()
        tail.step()
    assert [cosine_lr(step, top, low, warmup, total) for step in (25, 26, 1000)] == [low] * 3
    middle = cosine_lr((warmup + total) // 2, top, low, warmup, total)
    assert middle == pytest.approx((top + low) / 2)


@pytest.mark.parametrize(("warmup", "total"), [(0, 10), (10, 10), (0, 0), (20, 10)])
def test_the_cosine_schedule_stays_within_bounds_in_odd_settings(warmup, total):
    rates = [cosine_lr(step, 1.0, 0.1, warmup, total) for step in range(30)]
    assert all(0 <= rate <= 1 for rate in rates)
    assert rates[-1] == 0.1
    assert warmup > 0 or rates[0] in (1.0, 0.1)


@pytest.mark.parametrize("max_norm", [0.5, 3.0, 1e6])
def test_clipping_equals_torch(max_norm):
    pairs = []
    for clip in (clip_grad_norm_, nn.utils.clip_grad_norm_):
        params = [nn.Parameter(torch.zeros(4, 3)), nn.Parameter(torch.zeros(5)), nn.Parameter(torch.zeros(2))]
        params[0].grad, params[1].grad = randn(4, 3), 10 * randn(5, seed=1)
        total = clip((p for p in params), max_norm)  # 生成器也收
        pairs.append((total, params[0].grad, params[1].grad))
        assert params[2].grad is None
    for a, b in zip(*pairs):
        torch.testing.assert_close(a, b)


def test_clipping_adds_eps_so_that_zero_gradients_stay_zero():
    p = nn.Parameter(torch.zeros(3))
    p.grad = torch.zeros(3)
    assert clip_grad_norm_([p], 1.0) == 0
    assert torch.equal(p.grad, torch.zeros(3))
    p.grad = torch.ones(1).expand(3).clone()
    clip_grad_norm_([p], 1.0, eps=1.0)
    torch.testing.assert_close(p.grad, torch.full((3,), 1 / (math.sqrt(3) + 1)))


def test_clipping_takes_one_tensor_no_gradients_and_float16():
    p = nn.Parameter(torch.zeros(2))
    assert clip_grad_norm_([p], 1.0) == 0
    p.grad = torch.tensor([3.0, 4.0])
    assert clip_grad_norm_(p, 1.0) == 5
    torch.testing.assert_close(p.grad, torch.tensor([0.6, 0.8]))
    half = nn.Parameter(torch.zeros(4, dtype=torch.float16))
    half.grad = torch.full((4,), 1000.0, dtype=torch.float16)  # 平方超过 float16 的上限 65504
    assert clip_grad_norm_([half], 1.0) == 2000
    torch.testing.assert_close(half.grad.float(), torch.full((4,), 0.5), atol=1e-3, rtol=0)
