"""检查 ex03：登记、名字、模式、Linear、Sequential，与 torch.nn 比较。"""

import torch
from torch import nn

from book import expect, load_exercise

ex = load_exercise(__file__)


def leaf(size=2, **children):
    """一个只有参数 w 的模块，另外挂上 children。"""
    module = ex.Module()
    try:
        module.w = nn.Parameter(torch.zeros(size))
    except RecursionError:
        idea = "__setattr__ 里写 self.x = … 或 setattr(self, …)，会再进 __setattr__，没完没了"
        expect(False, f"{idea}：存属性写 super().__setattr__(name, value)")
    for name, child in children.items():
        setattr(module, name, child)
    return module


def named(module):
    """named_parameters 给出的全部 (名字, 参数)；给出的不是一对一对的，就说出来。"""
    pairs = module.named_parameters()
    expect(pairs is not None, "named_parameters 返回了 None：逐个 yield 名字, 参数")
    pairs = list(pairs)
    kinds = sorted({type(pair).__name__ for pair in pairs} - {"tuple"})
    idea = "应当逐个给出 (名字, 参数)，走进子模块写 yield from，不是 yield"
    expect(not kinds, f"named_parameters 给出了 {kinds}：{idea}")
    return pairs


def names(module):
    return [name for name, _ in named(module)]


def sequential(*layers):
    try:
        return ex.Sequential(*layers)
    except TypeError as error:
        expect("must be string" not in str(error), "属性名要是字符串，不是整数 0、1：setattr(self, str(i), layer)")
        raise
    except AttributeError as error:
        expect("_modules" not in str(error), "Sequential 的 __init__ 第一行要 super().__init__()：登记用的表在那里建")
        raise


def output(layer, x, idea):
    """layer(x)；形状对不上就说 idea，没有返回 Tensor 也说出来。"""
    name = type(layer).__name__
    try:
        y = layer(x)
    except RuntimeError as error:
        expect(False, f"{name} 收 {tuple(x.shape)}，形状对不上：{idea}。torch 说：{error}")
    expect(isinstance(y, torch.Tensor), f"{name} 的 forward 返回的是 {type(y).__name__}，应当是 Tensor：忘了 return？")
    return y


def close(got, want):
    return got.shape == want.shape and torch.allclose(got, want, atol=1e-6)


def random_input(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(3))


def test_parameters_are_registered():
    module = leaf()
    module.note, module.plain = "说明", torch.zeros(3)
    idea = "__setattr__ 里按类型登记：nn.Parameter 进 _parameters，普通张量与字符串不登记"
    text = f"模块有一个参数 w 和两个普通属性，named_parameters 应当只给 ['w']，得到 {names(module)}"
    expect(names(module) == ["w"], f"{text}。{idea}")
    readable = hasattr(module, "w") and hasattr(module, "note") and module.note == "说明"
    expect(readable, "赋过值的属性读不回来：登记之后还要 super().__setattr__(name, value)")


def test_children_are_registered_with_their_name_in_front():
    module = leaf(body=leaf(), head=leaf())
    got, want = names(module), ["w", "body.w", "head.w"]
    missing = "子模块的参数没有找到：Module（本题的，不是 nn.Module）进 _modules，再 yield from 每个子模块的"
    expect(len(got) == 3, f"应当有三个参数 {want}，得到 {got}。{missing}")
    expect(got == want, f"名字应当是 {want}，得到 {got}。先自己的，再按次序进子模块；子模块的名字加点放在前面")


def test_names_grow_by_one_part_per_level():
    module = leaf(body=leaf(block=leaf(conv=leaf())))
    want = ["w", "body.w", "body.block.w", "body.block.conv.w"]
    idea = "每下一层，前缀在原来的 prefix 后面再接一段：prefix + name + '.'"
    expect(names(module) == want, f"四层嵌套的名字应当是 {want}，得到 {names(module)}。{idea}")


def test_a_replaced_child_is_forgotten():
    module = leaf(head=leaf(10))
    module.head = leaf(4)
    shapes = [tuple(p.shape) for _, p in named(module)]
    idea = "换掉 head 之后旧的参数还在：用字典按名字登记，同名的覆盖；用列表就会两个都留着"
    expect(shapes == [(2,), (4,)], f"换成 4 维的 head 之后，形状应当是 [(2,), (4,)]，得到 {shapes}。{idea}")


def test_train_mode_reaches_every_descendant():
    grandchild = leaf()
    child = leaf(inner=grandchild)
    module = leaf(child=child)
    module.eval()
    expect(module.training is False, "eval() 之后自己的 training 应当是 False")
    idea = "逐个调用 child.train(mode)，mode 要带上（child.train() 是 train(True)）"
    expect(child.training is False, f"eval() 没有传到子模块，里面的 BatchNorm 还在用当批的统计量：{idea}")
    expect(
        grandchild.training is False,
        "eval() 到了子模块，没到孙子：对子模块调用 child.train(mode)，不是只设 child.training",
    )
    module.train()
    expect(grandchild.training is True, "train() 应当把 training 设回 True：mode 要一路传下去")


def test_train_returns_the_module():
    module = leaf()
    result = module.eval()
    expect(result is module, f"net = Net().eval() 会得到 {result!r}：train 最后要 return self")


def test_linear_has_torch_shapes():
    layer = ex.Linear(3, 2)
    got = [(name, tuple(p.shape)) for name, p in named(layer)]
    expect(
        names(layer) == ["weight", "bias"],
        f"参数名应当是 ['weight', 'bias']，得到 {names(layer)}。张量要包成 nn.Parameter 才会登记",
    )
    want = [("weight", (2, 3)), ("bias", (2,))]
    expect(got == want, f"Linear(3, 2) 的参数应当是 {want}，得到 {got}。weight 是 (out, in)，每个输出一行")


def test_linear_computes_x_times_weight_transposed_plus_bias():
    layer, x = ex.Linear(4, 4), random_input(5, 4)  # 方阵：忘了转置也不报错
    weight, bias = random_input(4, 4) / 2, random_input(4)
    with torch.no_grad():
        layer.weight.copy_(weight)
        layer.bias.copy_(bias)
    matrix = "x 在左，写 x @ weight.T：只转置 weight，转置 x 会把前导维也倒过来"
    got = output(layer, x, matrix)
    expect(not close(got, x @ weight + bias), "算的是 x W + b：weight 的一行属于一个输出，要用 x Wᵀ")
    expect(not close(got, x @ weight.T), "算的是 x Wᵀ：没有加 bias")
    expect(close(got, x @ weight.T + bias), "Linear(4, 4) 的输出应当是 x Wᵀ + b")
    shape = tuple(output(layer, random_input(2, 3, 4), matrix).shape)
    expect(shape == (2, 3, 4), f"x 可以有更多的前导维：(2, 3, 4) 应当变成 (2, 3, 4)，得到 {shape}")


def test_linear_starts_inside_the_uniform_bound():
    torch.manual_seed(0)
    for name, p in named(ex.Linear(400, 300)):
        low, high = p.min().item(), p.max().item()
        text = f"Linear(400, 300) 的 {name} 应当铺满 ±1/√400 = ±0.05，得到 [{low:.4f}, {high:.4f}]。"
        zero = "每个隐藏单元收到同样的梯度，永远一样" if name == "weight" else "nn.Linear 的 bias 也从 U(-界, 界) 里取"
        expect(high != 0 or low != 0, f"{text}全是零：{zero}")
        expect(
            high <= 0.05 and low >= -0.05,
            text + "太大：每层都放大，深了就爆。界是 1/√in_features，不是 1，也不是 out_features",
        )
        expect(high > 0.045 and low < -0.045, text + "没有铺满：界是 1/√in_features，正负两边都有")


def test_sequential_runs_the_layers_in_order():
    net = sequential(ex.Linear(3, 5), ex.Linear(5, 5), ex.Linear(5, 2))
    want = ["0.weight", "0.bias", "1.weight", "1.bias", "2.weight", "2.bias"]
    idea = "层放在 list 里就没人登记：逐个 setattr(self, str(i), layer)"
    expect(names(net) == want, f"三层 Sequential 的参数名应当是 {want}，得到 {names(net)}。{idea}")
    reference = nn.Sequential(nn.Linear(3, 5), nn.Linear(5, 5), nn.Linear(5, 2))
    reference.load_state_dict({name: p.detach() for name, p in named(net)})
    x = random_input(4, 3)
    idea = "每层的输出是下一层的输入，要接住：x = layer(x)"
    got = output(net, x, idea)
    expect(not close(got, reference[0](x)), "只算了第一层就返回：return 写在循环外面")
    expect(close(got, reference(x)), f"三层 Sequential 的输出与 nn.Sequential 不同。{idea}")


def test_sequential_can_be_called_twice():
    net, x = sequential(ex.Linear(3, 3), ex.Linear(3, 3)), random_input(4, 3)
    idea = "同一个输入算两次结果不同：forward 用掉了什么（迭代器只能走一遍）"
    expect(torch.equal(output(net, x, idea), output(net, x, idea)), idea)
    expect(torch.equal(output(sequential(), x, idea), x), "没有层的 Sequential 应当原样返回 x")


def test_count_adds_up_numbers_not_tensors():
    net = sequential(ex.Linear(3, 5), ex.Linear(5, 2))
    got = ex.count_parameters(net)
    expect(
        got == 32,
        f"Linear(3, 5) 与 Linear(5, 2) 共 5·3 + 5 + 2·5 + 2 = 32 个数，得到 {got}。每个张量数 numel()，偏置也算",
    )


def test_a_shared_parameter_is_counted_once():
    first, second = ex.Linear(4, 4), ex.Linear(4, 4)
    second.weight = first.weight
    got = ex.count_parameters(sequential(first, second))
    idea = "共用的 weight 数了两次，或者形状相同的 bias 只数了一次：按 id(p) 去重，不按形状或数值"
    expect(got == 24, f"两层共用一个 weight：16 + 4 + 4 = 24，得到 {got}。{idea}")
