"""检查 ex07：形状、参数、输出、梯度，与 torchvision 的 BasicBlock 比较。"""

import torch
from torch import nn
from torch.nn import functional as F
from torchvision.models.resnet import BasicBlock

from book import expect, load_exercise

ex = load_exercise(__file__)

SHAPES = [(4, 4, 1), (4, 6, 1), (4, 4, 2), (4, 6, 2)]
FROM_X = "downsample 吃的是 x，不是主路的输出；主路吃的也是 x，别把它覆盖掉"
CAUSES = {  # 报错里的几个字 -> 多半是哪个想法错了
    "ReLU": "nn.ReLU(x) 造的是一个模块，不是算 ReLU：写 F.relu(x)，或 nn.ReLU()(x)",
    "not callable": "downsample 是 None 时捷径就是 x：先判断，再调用",
    "channels": f"通道接不上：conv2 与两个 bn 的进出都是 channels；{FROM_X}",
    "elements": "通道接不上：conv2 与两个 bn 的进出都是 channels",
}


def randn(*shape, seed=7):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def close(got, want):
    return got.shape == want.shape and torch.allclose(got, want, rtol=1e-4, atol=1e-4)


def make(*sizes, **options):
    """ex.ResidualBlock；忘了 super().__init__() 的报错换成一句话。"""
    try:
        return ex.ResidualBlock(*sizes, **options)
    except AttributeError as error:
        expect("__init__" not in str(error), "__init__ 的第一行要 super().__init__()：登记用的表在那里建")
        raise


def reference_block(in_channels, channels, stride):
    downsample = None
    if stride != 1 or in_channels != channels:
        conv = nn.Conv2d(in_channels, channels, 1, stride=stride, bias=False)
        downsample = nn.Sequential(conv, nn.BatchNorm2d(channels))
    return BasicBlock(in_channels, channels, stride, downsample)


def pair(in_channels, channels, stride):
    """你的块与 torchvision 的块，装上同一份随机权重（BN 的 γ、β、滑动统计量也随机）。"""
    ours, reference = make(in_channels, channels, stride), reference_block(in_channels, channels, stride)
    state = {}
    for i, (name, value) in enumerate(reference.state_dict().items()):
        if value.is_floating_point():
            value = randn(*value.shape, seed=i) * 0.3
            value = value.abs() + 0.5 if "var" in name else value
        state[name] = value
    reference.load_state_dict(state)
    try:
        ours.load_state_dict(state)
    except RuntimeError:
        expect(False, "torchvision 的权重装不上：名字或形状不同，先让 test_parameters_equal_torchvision 通过")
    return ours, reference


def forward(block, x, idea="两条路的形状对不上"):
    """在 x 的副本上算；两条路加不起来就说 idea，别的报错、没有返回 Tensor 也说出来。"""
    try:
        out = block(x.clone())
    except (RuntimeError, TypeError) as error:
        for part, cause in {**CAUSES, "must match": idea}.items():
            expect(part not in str(error), f"x {tuple(x.shape)}，forward 断了：{cause}。torch 说：{error}")
        raise
    expect(isinstance(out, torch.Tensor), f"forward 返回的是 {type(out).__name__}，应当是 Tensor：忘了 return？")
    return out


def describe(in_channels, channels, stride):
    return f"ResidualBlock({in_channels}, {channels}, stride={stride})"


def test_same_shape_has_no_downsample():
    block = make(4, 4)
    idea = "同形时捷径就是 x 本身，没有参数：downsample = None"
    expect(getattr(block, "downsample", "缺") is None, idea)
    shape = tuple(forward(block, randn(2, 4, 6, 6), "3x3 卷积要 padding=1，进出才同形").shape)
    expect(shape == (2, 4, 6, 6), f"(2, 4, 6, 6) 应当进出同形，得到 {shape}：3x3 卷积要 padding=1")


def test_shortcut_follows_a_new_stride():
    block, x = make(4, 4, stride=2), randn(2, 4, 6, 6)
    idea = "步幅 2 让高宽减半，捷径也要减半：stride != 1 时就要 downsample，哪怕通道没变"
    expect(block.downsample is not None, f"{describe(4, 4, 2)} 的 downsample 是 None。{idea}")
    strides = {name: m.stride[0] for name, m in block.named_modules() if isinstance(m, nn.Conv2d)}
    main = strides.get("conv1", 2), strides.get("conv2", 1)
    expect(main == (2, 1), f"主路两个卷积的步幅是 {main}，应当是 (2, 1)：conv1 走 2 步，conv2 走 1 步")
    expect(strides.get("downsample.0", 2) == 2, "downsample 的 1x1 卷积也要 stride=2，捷径才和主路一样大")
    shape = tuple(forward(block, x, f"加在主路上的是 downsample(x)，不是 x；{FROM_X}").shape)
    expect(shape == (2, 4, 3, 3), f"步幅 2 的输出应当是 (2, 4, 3, 3)，得到 {shape}")


def test_shortcut_follows_new_channels():
    block = make(4, 6)
    idea = "步幅是 1，通道却从 4 变成 6，加不起来：通道变了也要 downsample（ResNet-50 的第一阶段就是这样）"
    expect(block.downsample is not None, f"{describe(4, 6, 1)} 的 downsample 是 None。{idea}")
    shape = tuple(forward(block, randn(2, 4, 6, 6)).shape)
    expect(shape == (2, 6, 6, 6), f"{describe(4, 6, 1)} 应当把 (2, 4, 6, 6) 变成 (2, 6, 6, 6)，得到 {shape}")


def test_parameters_equal_torchvision():
    for shape in SHAPES:
        got = {name: tuple(value.shape) for name, value in make(*shape).state_dict().items()}
        want = {name: tuple(value.shape) for name, value in reference_block(*shape).state_dict().items()}
        extra, missing = sorted(got.keys() - want.keys()), sorted(want.keys() - got.keys())
        biases = [name for name in extra if name.startswith("conv") or name == "downsample.0.bias"]
        expect(not biases, f"{describe(*shape)} 多了 {biases}：卷积后面跟 BN，BN 减掉均值，偏置白费，写 bias=False")
        norm = [name for name in missing if name.startswith("downsample.1")]
        idea = "1x1 卷积之后也要 BatchNorm，两条路的大小才相当"
        expect(not norm, f"{describe(*shape)} 的 downsample 少了 BN（{norm[:1]}……）：{idea}")
        same, idea = not extra and not missing, f"多了 {extra}，少了 {missing}：属性名见题目"
        expect(same, f"{describe(*shape)} 与 torchvision 相比，{idea}")
        different = {name: (got[name], want[name]) for name in want if got[name] != want[name]}
        expect(not different, f"{describe(*shape)} 的形状不同（你的, 应当）：{different}。主路是 3x3，捷径是 1x1")


def test_output_is_never_negative():
    low = forward(make(4, 4).eval(), randn(2, 4, 6, 6)).min().item()
    expect(low >= 0, f"输出里有负数（{low:.3f}）：加完捷径之后还要一次 ReLU（加之前的不要），y = ReLU(F(x) + x)")


def test_zero_branch_is_the_identity():
    block = make(4, 4).eval()
    with torch.no_grad():
        block.bn2.weight.zero_()
    x = randn(2, 4, 6, 6)
    got = forward(block, x)
    expect(bool(got.any()), "F(x) = 0 时，块应当等于 ReLU(x)，得到全 0：捷径没有接上，或者加在了 bn2 之前")
    idea = "捷径接的不是这一块的输入，或者 bn2 没有用上（bn1 用了两次）"
    expect(close(got, F.relu(x)), f"F(x) = 0 时，块应当等于 ReLU(x)：{idea}")


def test_branch_can_lower_the_input():
    block = make(4, 4).eval()
    with torch.no_grad():
        block.bn2.weight.zero_()
        block.bn2.bias.fill_(-0.5)  # F(x) 恒为 -0.5
    x = randn(2, 4, 6, 6).abs()
    got = forward(block, x)
    idea = "F(x) 先过 ReLU 再加，负的修正全丢了，特征只能越加越大：先加，后 ReLU"
    expect(not close(got, x), f"F(x) 处处是 -0.5，输出却和 x 一样。{idea}")
    expect(close(got, F.relu(x - 0.5)), "F(x) 处处是 -0.5 时，输出应当是 ReLU(x - 0.5)：两层卷积的结果只加一次")


def test_input_is_not_changed():
    for shape in SHAPES:
        x, kept = randn(2, 4, 6, 6), randn(2, 4, 6, 6)
        make(*shape).eval()(x)
        idea = "就地运算（x += …、inplace=True）动了捷径还要用的张量；调用者的 x 也变了"
        expect(torch.equal(x, kept), f"{describe(*shape)} 改了输入 x。{idea}")


def test_eval_output_equals_torchvision():
    x = randn(2, 4, 6, 6)
    for shape in SHAPES:
        ours, reference = (block.eval() for block in pair(*shape))
        idea = "次序是 conv1 -> bn1 -> ReLU -> conv2 -> bn2 -> 加捷径 -> ReLU；捷径里没有 ReLU，吃的是 x"
        same = close(forward(ours, x), reference(x))
        expect(same, f"{describe(*shape)} 装上同样的权重，输出与 torchvision 不同。{idea}")


def test_training_gradients_equal_torchvision():
    for shape in SHAPES:
        ours, reference = pair(*shape)
        inputs = [randn(4, 4, 6, 6).requires_grad_() for _ in range(2)]
        outputs = [ours(inputs[0]), reference(inputs[1])]
        seed = randn(*outputs[1].shape, seed=8)
        for out in outputs:
            out.backward(seed)
        idea = "输出对、梯度不对：有一条路被 detach 了，或者放在了 no_grad 里"
        expect(close(inputs[0].grad, inputs[1].grad), f"{describe(*shape)} 传回输入的梯度与 torchvision 不同。{idea}")
        for (name, p), q in zip(ours.named_parameters(), dict(reference.named_parameters()).values()):
            same = p.grad is not None and close(p.grad, q.grad)
            expect(same, f"{describe(*shape)} 的 {name} 的梯度与 torchvision 不同。{idea}")


def stage_of_three():
    try:
        stage = ex.make_stage(4, 6, blocks=3, stride=2)
    except TypeError as error:
        idea = "nn.Sequential 收一个个块，不收列表：nn.Sequential(*blocks)，星号不能少"
        expect("list is not" not in str(error), idea)
        raise
    name = "None（忘了 return？）" if stage is None else type(stage).__name__
    expect(isinstance(stage, nn.Sequential), f"make_stage 应当返回 nn.Sequential，得到 {name}")
    return stage


def test_stage_has_the_right_number_of_blocks():
    count = len(stage_of_three())
    expect(count == 3, f"blocks=3 的阶段应当有 3 块（第一块也算），得到 {count} 块")


def test_only_the_first_block_of_a_stage_changes_shape():
    stage = stage_of_three()
    distinct, idea = len({id(block) for block in stage}), "写 [block] * n 是同一个块用 n 次，参数共用，要各建各的"
    expect(distinct == 3, f"三个位置上只有 {distinct} 个不同的块：{idea}")
    strides = [block.conv1.stride[0] for block in stage]
    expect(strides == [2, 1, 1], f"各块的步幅应当是 [2, 1, 1]，得到 {strides}：每块都减半的话，高宽很快就没了")
    channels = [(block.conv1.in_channels, block.conv1.out_channels) for block in stage]
    idea = f"各块的通道应当是 4->6、6->6、6->6，得到 {channels}：第二块起吃的是上一块的输出"
    expect(channels == [(4, 6), (6, 6), (6, 6)], idea)
