"""检查 ex01。每条断言说出得到什么、应当是什么、错在哪个想法。"""

import ast
import inspect
import itertools
import textwrap

import torch

from book import expect, load_exercise

ex = load_exercise(__file__)

PAIRS = {
    "A": ((8, 1, 6), (7, 1), "右对齐，短的左边补 1"),
    "B": ((3,), (3, 1), "(3,) 左边补 1 成 (1, 3)，与 (3, 1) 两维都能拉开：不报错，得到一个方阵"),
    "C": ((2, 3), (2,), "从右边对齐：末维是 3 对 2，不能广播。把 2 对着最左边的 2 是从左边对齐了"),
    "D": ((5, 1, 4), (3, 1), "(3, 1) 左边补 1 成 (1, 3, 1)，再逐维比"),
    "E": ((), (2, 2), "标量没有维，左边补两个 1，广播到任何形状"),
    "F": ((1,), (0,), "长度 1 的维拉成另一个的长度，另一个是 0 就成 0，不是取大的"),
}
RAISES = "ValueError"  # 抛了错的记号。不用 None：返回 None 与抛错是两回事


def reference(a, b):
    """torch 的答案；不能广播是 RAISES。"""
    try:
        return tuple(torch.broadcast_shapes(a, b))
    except RuntimeError:
        return RAISES


def as_shape(value):
    """列表与元组一样算形状，别的原样返回。"""
    return tuple(value) if isinstance(value, list) else value


def answer(a, b):
    """你的答案：一个形状，或者 RAISES；抛的是别的错就说出来。"""
    text = f"broadcast_shape({a}, {b})"
    try:
        return as_shape(ex.broadcast_shape(a, b))
    except ValueError:
        return RAISES
    except IndexError:
        expect(False, f"{text} 抛了 IndexError：短的那个没有这一维。先在短的左边补 1，补到一样长，再逐维比")
    except (AssertionError, RuntimeError) as error:
        expect(False, f"{text} 抛了 {type(error).__name__}。不能广播时要抛的是 ValueError：写 raise ValueError(…)")


def check_pair(a, b, idea):
    text, got, want = f"broadcast_shape({a}, {b})", answer(a, b), reference(a, b)
    if want == RAISES:
        expect(got is not None, f"{text} 返回了 None，应当抛 ValueError：返回 None，错要到后面用它的时候才发作")
        expect(got == RAISES, f"{text} 应当抛 ValueError，得到 {got}。{idea}")
    advice = "忘了 return？" if got is None else "用 tuple(…) 包起来"
    expect(got == RAISES or isinstance(got, tuple), f"{text} 返回的是 {type(got).__name__}，应当是 tuple：{advice}")
    lost = f"{text} 应当是 {want}，得到 {got}：短的左边补 1；zip 停在短的那个，左边多出来的维就丢了"
    expect(got == RAISES or len(got) >= len(want), lost)
    expect(got == want, f"{text} 应当是 {want}，得到 {got}。{idea}")


def close(got, want):
    return got.shape == want.shape and torch.allclose(got, want, rtol=1e-5, atol=1e-5)


def points(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(1))


CAUSES = {  # 报错里的几个字 -> 多半是哪个想法错了
    "must match": "两个张量广播不了，差一个长度 1 的维：求和用 keepdim=True，相减前写 x[:, None]",
    "converted to": "math.sqrt 只收一个数：整个张量开根号写 .sqrt()",
}


def call(function, *inputs):
    """调用你的函数；认得出的报错、返回的不是 Tensor，都换成一句话。"""
    name = function.__name__
    try:
        got = function(*inputs)
    except (RuntimeError, ValueError) as error:
        for part, idea in CAUSES.items():
            expect(part not in str(error), f"{name}：{idea}。torch 说：{error}")
        raise
    advice = "忘了 return？" if got is None else "攒在列表里的用 torch.stack 合成一个"
    expect(isinstance(got, torch.Tensor), f"{name} 返回的是 {type(got).__name__}，应当是 Tensor：{advice}")
    return got


def test_predicted_shapes():
    answers = ex.predictions()
    expect(isinstance(answers, dict), f"predictions 返回的是 {type(answers).__name__}，应当是 dict：忘了 return？")
    for key, (a, b, idea) in PAIRS.items():
        expect(key in answers, f"predictions() 里缺 {key}：六对都要填，不能广播的填 None")
        got, want = as_shape(answers[key]), None if reference(a, b) == RAISES else reference(a, b)
        kind = f"手算 {key}：{got!r} 不是元组。一维的形状写 (0,)，少了逗号就只是一个整数；不能广播的填 None"
        expect(got is None or isinstance(got, tuple), kind)
        expect(got == want, f"手算 {key}：{a} 与 {b}，你填的是 {got}。{idea}")


def test_either_side_stretches():
    check_pair((3, 1), (1, 4), "两边的 1 都能拉长：逐维看哪边是 1，就取另一边的长度")


def test_incompatible_shapes_raise():
    check_pair((2, 3), (4, 3), "2 与 4 不相等，也没有一个是 1：这时要报错，不能取大的")
    check_pair((3, 1), (6, 4, 1), "3 与 4 不相等，也没有一个是 1：整除、接近都不算，要报错")


def test_dimensions_align_from_the_right():
    check_pair((2, 3), (3,), "从右边对齐：末维 3 对 3。从左边对齐才会拿 2 去比 3")
    check_pair((4, 3), (4,), "从右边对齐：末维 3 对 4，不能广播。对着左边的 4 是从左边对齐了")


def test_missing_dimensions_count_as_one():
    check_pair((8, 1, 6), (7, 1), "短的左边补 1，再逐维比")
    check_pair((), (2, 2), "标量左边补两个 1；结果的维数是两个里较多的")


def test_length_zero_is_not_the_smaller_one():
    check_pair((1,), (0,), "1 拉成另一个的长度，是 0 就成 0：取 max 会得到 1")
    check_pair((2,), (0,), "2 与 0 不相等，也没有一个是 1：0 不是通配符，要报错")


def test_every_small_pair_agrees_with_torch():
    shapes = [shape for rank in range(4) for shape in itertools.product((0, 1, 2, 3), repeat=rank)]
    for a, b in itertools.product(shapes, repeat=2):
        check_pair(a, b, "前面几条都对，这一对还不同：把两边右对齐写在纸上，逐维再比一次，注意两个参数的先后不该有影响")


def test_each_row_is_divided_by_its_own_length():
    x = points(3, 3)  # 方阵：漏了 keepdim 也不报错，只是除错了方向
    got, length = call(ex.normalize_rows, x.clone()), torch.linalg.vector_norm(x, dim=1, keepdim=True)
    expect(got.shape == x.shape, f"normalize_rows 收 (3, 3) 应当返回 (3, 3)，得到 {tuple(got.shape)}")
    wrong = [
        (length.T, "第 j 列除以了第 j 行的长度：求和之后少了一维，(3,) 右对齐到列上。用 keepdim=True 留住它"),
        (torch.linalg.vector_norm(x, dim=0), "除的是每列的长度：dim 写的是被加掉的那一维，按行是 1"),
        (torch.linalg.vector_norm(x), "除的是整个矩阵的长度，一个数：每行各有自己的长度，写 dim=1"),
        (x.sum(dim=1, keepdim=True), "除的是各行的和：长度要先平方、再求和、再开根号"),
        (x.abs().sum(dim=1, keepdim=True), "除的是各行绝对值的和：长度要先平方、再求和、再开根号"),
        (length.square(), "除的是长度的平方：求和之后还要开根号"),
    ]
    for divisor, idea in wrong:
        expect(not close(got, x / divisor), idea)
    lengths = torch.linalg.vector_norm(got, dim=1).tolist()
    expect(close(got, x / length), f"各行的长度应当都是 1，得到 {lengths}。每一行除以自己的 √(Σ_d x_d²)")


def test_rows_of_a_tall_matrix():
    x = points(5, 2)
    kept = x.clone()
    right = close(call(ex.normalize_rows, kept), torch.nn.functional.normalize(x))
    expect(right, "(5, 2) 的结果不对：行数与列数可以不同")
    expect(torch.equal(kept, x), "normalize_rows 改了调用者的 x：用 x / 长度，不要 x /= 长度")


def test_distances_have_one_row_per_x():
    got = call(ex.pairwise_distance, points(4, 3), points(2, 3) + 1)
    idea = "第 i 行属于 x 的第 i 行：x 变成 (N, 1, D)，y 变成 (1, M, D)，相减得 (N, M, D)，再加掉最后一维 D"
    expect(tuple(got.shape) == (4, 2), f"x (4, 3)、y (2, 3) 的距离应当是 (4, 2)，得到 {tuple(got.shape)}。{idea}")


def test_distances_are_euclidean():
    x, y = points(4, 3), points(4, 3).flip(0) + 1  # 同样多行：转置了形状也看不出来
    got = call(ex.pairwise_distance, x, y)
    want = torch.stack([torch.stack([(a - b).square().sum().sqrt() for b in y]) for a in x])
    expect(not close(got, want.square()), "这是距离的平方：求和之后还要开根号")
    expect(not close(got, want.T), "第 i 行第 j 列要的是 x_i 到 y_j 的距离，现在是 y_i 到 x_j：两个添维的位置换过来")
    manhattan = torch.stack([torch.stack([(a - b).abs().sum() for b in y]) for a in x])
    expect(not close(got, manhattan), "这是绝对值之和（曼哈顿距离）：欧氏距离先平方、求和、再开根号")
    expect(close(got, want), "距离不对：Σ 加掉的是最后一维 D，加完剩 (N, M)")


def test_distances_use_no_loop():
    call(ex.pairwise_distance, points(4, 3), points(2, 3))
    loops = (ast.For, ast.While, ast.ListComp, ast.GeneratorExp)
    source = textwrap.dedent(inspect.getsource(ex.pairwise_distance))
    found = [node for node in ast.walk(ast.parse(source)) if isinstance(node, loops)]
    expect(not found, "pairwise_distance 里还有循环：添两个长度 1 的维，一次相减就得到全部 N·M 对")
