"""检查 ex02：手写引擎的值、局部导数、梯度，与 torch（float64）比较。"""

import math
import random

import torch

from book import expect, load_exercise

ex = load_exercise(__file__)


def near(got, want):
    return abs(got - want) <= 1e-9 * max(1.0, abs(want))


def build(text, operation):
    """在你的引擎里做一次运算，返回结果；没有返回 Value，或父节点、局部导数的写法不对，就说出来。"""
    try:
        node = operation()
    except (TypeError, RecursionError) as error:
        idea = "运算作用在数上，不是在 Value 上：self.data * other.data、math.tanh(self.data)"
        expect(False, f"{text} 抛了 {type(error).__name__}。{idea}。Python 说：{error}")
    advice = "忘了 return？" if node is None else "只算了数，没有接进图里，要返回 Value(结果, 父节点, 局部导数)"
    expect(isinstance(node, ex.Value), f"{text} 返回的是 {type(node).__name__}，应当是 Value：{advice}")
    for name, values in (("parents", node.parents), ("local_grads", node.local_grads)):
        comma = f"{text} 的 {name} 是 {type(values).__name__}，应当是元组：只有一个元素时写 (self,)，逗号不能少"
        expect(isinstance(values, (tuple, list)), comma)
    numbers = all(isinstance(local, (int, float)) for local in node.local_grads)
    expect(numbers, f"{text} 的 local_grads 里应当是数：写 other.data，不写 other")
    return node


def gradients(function, *inputs):
    """在你的引擎里算 function，反向一次，返回各个输入的 grad。"""
    leaves = [ex.Value(x) for x in inputs]
    function(*leaves).backward()
    return [leaf.grad for leaf in leaves]


def torch_gradients(function, *inputs):
    leaves = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in inputs]
    function(*leaves).backward()
    return [leaf.grad.item() for leaf in leaves]


def check_gradients(text, function, inputs, idea):
    got, want = gradients(function, *inputs), torch_gradients(function, *inputs)
    expect(any(got), f"{text} 的梯度没传到叶子（全是 0）：是不是正着走了？沿拓扑序倒着走，从 self 到叶子")
    expect(all(map(near, got, want)), f"{text} 在 {inputs} 的梯度应当是 {want}，得到 {got}。{idea}")


def test_mul_remembers_its_local_gradients():
    a, b = ex.Value(3.0), ex.Value(5.0)
    y = build("3 * 5", lambda: a * b)
    expect(y.data == 15.0, f"3 * 5 的 data 应当是 15，得到 {y.data}")
    parents, got = tuple(y.parents), tuple(y.local_grads)
    expect(set(parents) == {a, b}, "a * b 的 parents 应当是 (a, b)：没有它们，梯度传不回去")
    swapped = (
        "3 * 5 的 parents 是 (5, 3)，local_grads 也是 (5, 3)：parents 的次序要与 local_grads 一致，写 (self, other)"
    )
    expect(parents != (b, a) or got != (5.0, 3.0), swapped)
    want = tuple(15.0 / parent.data for parent in parents)
    expect(got == want, f"3 * 5 的 local_grads 应当是 {want}，得到 {got}。∂(ab)/∂a 是另一个因子 b，不是 a 自己")


def test_tanh_uses_its_own_output():
    x = 0.7
    y = build("tanh(0.7)", ex.Value(x).tanh)
    expect(near(y.data, math.tanh(x)), f"tanh(0.7) 应当是 {math.tanh(x):.6f}，得到 {y.data}")
    one_each = len(y.parents) == 1 and len(y.local_grads) == 1
    expect(one_each, "tanh 有一个父节点、一个局部导数：写成 (self,) 与 (斜率,)")
    got, want = y.local_grads[0], 1 - math.tanh(x) ** 2
    idea = "公式是 1 - y²，y 是 tanh 的输出：用了输入 x，或者漏了平方"
    expect(near(got, want), f"tanh 在 0.7 的斜率应当是 {want:.6f}，得到 {got:.6f}。{idea}")


def test_order_lists_every_node_once_after_its_parents():
    a = ex.Value(1.0)
    b = a + a
    c = a + b  # a 先遇到，却要等 b
    order = c.ancestors()
    expect(isinstance(order, list), f"ancestors 返回的是 {type(order).__name__}，应当是 list：忘了 return？")
    count = f"ancestors 里有 {len(order)} 个节点，图上有 3 个："
    expect(len(order) <= 3, count + "走过的节点记进 seen，不要再走")
    expect(len(order) >= 3, count + "叶子也要，self 也要")
    expect(order[-1] is c, "ancestors 的最后一个应当是 self：它排在所有父节点之后；整个反过来是 backward 的事")
    idea = "b = a + a，a 要排在 b 前面：父节点全部排好之后才轮到自己，第一次遇到就排是不够的"
    expect(order.index(a) < order.index(b), f"拓扑序不对，data 依次是 {[node.data for node in order]}。{idea}")


def test_gradient_of_the_result_is_one():
    y = ex.Value(2.0) + ex.Value(3.0)
    y.backward()
    idea = "∂y/∂y = 1：不种下这个 1（或者先种后清零），后面全是 0"
    expect(y.grad == 1.0, f"y.backward() 之后 y.grad 应当是 1，得到 {y.grad}。{idea}")


def test_a_chain_multiplies():
    a, b = ex.Value(0.5), ex.Value(-1.5)
    product = a * b
    product.tanh().backward()
    slope = 1 - math.tanh(-0.75) ** 2
    idea = "1 只种在 self 上，别对父节点再调 backward"
    seeded = f"tanh(a·b) 里 a·b 的 grad 应当是 {slope:.4f}，得到 {product.grad:.4f}。{idea}"
    expect(not any(near(product.grad, wrong) for wrong in (1.0, slope + 1)), seeded)
    crossed = a.grad != 0 and near(a.grad, b.grad)
    expect(not crossed, "a 与 b 收到同样的梯度：parents 与 local_grads 一一配对（zip），不是两层循环")
    idea = "沿一条路走，局部导数相乘：乘上的是自己的 grad"
    check_gradients("tanh(a·b)", lambda a, b: (a * b).tanh(), (0.5, -1.5), idea)


def test_two_paths_add():
    check_gradients("a + a", lambda a: a + a, (3.0,), "a 用了两次，两份贡献相加：写 += 不写 =")


def test_a_node_waits_for_all_its_users():
    def diamond(a):
        b = a * a
        return (b * b) + (b + b).tanh()

    idea = "b 有几个使用者：等它们的贡献到齐了，b 才把梯度传给 a，而且只传一次"
    check_gradients("b = a·a，b·b + tanh(b + b)", diamond, (0.6,), idea)


OPERATIONS = [lambda a, b: a + b, lambda a, b: a * b, lambda a, b: a.tanh(), lambda a, b: b.tanh() * a]


def random_graph(seed):
    """12 步的随机表达式：每步对前面任意两个结果做一种运算，最后全部加起来。"""
    rng = random.Random(seed)
    program = [(rng.choice(OPERATIONS), rng.randrange(3 + t), rng.randrange(3 + t)) for t in range(12)]

    def run(*inputs):
        values = list(inputs)
        for operation, i, j in program:
            values.append(operation(values[i], values[j]))
        return sum(values[1:], values[0]).tanh()

    return run


def test_random_graphs_agree_with_torch():
    for seed in range(20):
        idea = "小例子都对，大图不对：local_grads 与 parents 的次序一致吗？拓扑序里谁排在了父节点前面？"
        check_gradients(f"第 {seed} 张随机图", random_graph(seed), (0.3, -0.8, 1.1), idea)


def test_leaves_accumulate_over_two_calls():
    a = ex.Value(3.0)
    (a * a).backward()
    (a * a).backward()
    idea = "叶子的梯度跨次累加，与 torch 相同；要清零的是使用者（所以训练循环里有 zero_grad）"
    expect(near(a.grad, 12.0), f"a·a 在 3 反向两次，a.grad 应当是 6 + 6 = 12，得到 {a.grad}。{idea}")


def test_inner_nodes_start_from_zero_each_time():
    a = ex.Value(3.0)
    y = (a * a) * a
    y.backward()
    y.backward()
    idea = "同一张图反向两次，中间节点上一次的 grad 又传了一遍：有父节点的先清零"
    expect(near(a.grad, 54.0), f"a³ 在 3 反向两次，a.grad 应当是 27 + 27 = 54，得到 {a.grad}。{idea}")


def test_deep_graphs_do_not_overflow():
    a = ex.Value(1.0)
    y = a
    for _ in range(5000):
        y = y + a
    try:
        y.backward()
    except RecursionError:
        expect(False, "5000 层深的图上递归爆了（RecursionError）：把递归改成自己的栈，见笔记里的 ancestors")
    expect(a.grad == 5001.0, f"a 加了 5000 次 a，梯度应当是 5001，得到 {a.grad}")
