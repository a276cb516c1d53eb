"""检查 ex10：余弦不看长度，L2 由余弦换算，最近的按余弦，缓存分得清查询与段落。"""

from book import expect, load_exercise

ex = load_exercise(__file__)


def close(a, b):
    return isinstance(a, (int, float)) and abs(a - b) < 1e-6


def test_cosine_looks_at_the_direction_only():
    cases = [([1.0, 0.0], [0.0, 2.0], 0.0), ([3.0, 4.0], [4.0, 3.0], 0.96), ([1.0, 1.0], [-2.0, -2.0], -1.0)]
    for a, b, want in cases:
        got = ex.cosine(list(a), list(b))
        expect(got is not None, "cosine 返回了 None：少了 return")
        product = sum(x * y for x, y in zip(a, b))
        squares = sum(x * x for x in a) * sum(y * y for y in b)
        idea = "分子是点积，分母是两个长度的乘积"
        if close(got, product):
            idea = "这是点积，还没有除以两个长度"
        elif close(got, product / squares):
            idea = "分母要开平方：除以的是长度，不是长度的平方"
        elif close(got, abs(want)):
            idea = "方向相反是 -1，别取绝对值"
        elif close(got, 1 - want):
            idea = "这是余弦距离 1 - cos，题目要的是余弦"
        expect(close(got, want), f"cosine({a}, {b}) 应当是 {want}，得到 {got}：{idea}")


def test_a_zero_vector_is_refused():
    for a, b in (([0.0, 0.0], [1.0, 2.0]), ([1.0, 2.0], [0.0, 0.0])):
        try:
            got = ex.cosine(a, b)
        except ValueError:
            continue
        except ZeroDivisionError:
            got = "ZeroDivisionError"
        expect(False, f"cosine({a}, {b}) 应当抛 ValueError，得到 {got}：零向量没有方向，说清楚，别返回一个像真的数")


def test_distance_follows_from_cosine():
    for value, want in ((1.0, 0.0), (0.5, 1.0), (0.0, 2**0.5), (-1.0, 2.0)):
        got = ex.l2_from_cosine(value)
        expect(got is not None, "l2_from_cosine 返回了 None：少了 return")
        idea = "展开 |a-b|² = |a|² + |b|² - 2·a·b，两个长度都是 1"
        if value != 0.5 and close(got, 2 - 2 * value):
            idea = "这是 L2 的平方：题目要的是距离，还要开平方"
        elif close(got, 1 - value):
            idea = "1 - cos 是余弦距离，不是 L2"
        elif close(got, (1 - value) ** 0.5):
            idea = "少了一个 2：|a|² 与 |b|² 各是 1"
        expect(close(got, want), f"余弦 {value} 时 L2 应当是 {want:.4f}，得到 {got}：{idea}")


def test_nearest_ranks_by_cosine():
    vectors = [[9.0, 9.0], [0.4, 0.0], [0.0, 5.0], [-1.0, 0.0]]
    got = ex.nearest([1.0, 0.0], vectors, 4)
    expect(got is not None, "nearest 返回了 None：少了 return")
    got = list(got)
    ideas = {
        (0, 1, 2, 3): "按点积排了：长的向量占了便宜，用余弦",
        (3, 2, 0, 1): "从远到近了：余弦越大越近",
        (1, 3, 2, 0): "按 L2 排了：这些向量长度不是 1，用余弦",
    }
    idea = ideas.get(tuple(got), "按余弦从大到小给出下标")
    expect(got == [1, 0, 2, 3], f"nearest([1, 0], {vectors}, 4) 应当是 [1, 0, 2, 3]，得到 {got}：{idea}")


def test_nearest_breaks_ties_and_stops():
    got = list(ex.nearest([1.0, 0.0], [[0.0, 1.0], [2.0, 0.0], [4.0, 0.0]], 2))
    expect(got == [1, 2], f"一样近的下标小的在前，只给 k=2 个，应当是 [1, 2]，得到 {got}")
    got = list(ex.nearest([1.0, 0.0], [[1.0, 0.0]], 5))
    expect(got == [0], f"不够 k 个就全部给，应当是 [0]，得到 {got}")


class Model:
    """记下每次请求。"""

    def __init__(self):
        self.requests = []

    def __call__(self, texts):
        self.requests.append(list(texts))
        return [[float(len(text)), float(sum(map(ord, text)) % 101)] for text in texts]


def wanted(text):
    return [float(len(text)), float(sum(map(ord, text)) % 101)]


def test_two_caches_share_nothing():
    first, second = Model(), Model()
    ex.Cache(first, "query: ", "passage: ").query("甲")
    ex.Cache(second, "query: ", "passage: ").query("甲")
    expect(len(second.requests) == 1, "新的 Cache 没有问自己的模型：缓存写成了类的属性，几个模型就串了")


def test_the_prefixes_are_added():
    model = Model()
    cache = ex.Cache(model, "Q: ", "passage> ")
    got = cache.query("药")
    expect(got is not None, "query 返回了 None：少了 return")
    sent = [text for request in model.requests for text in request]
    expect(sent != ["药"], "查询前面没有加前缀：模型会把它当成别的东西")
    expect(sent == ["Q: 药"], f"查询应当发 ['Q: 药']，发了 {sent}：前缀用传进来的 query_prefix")
    expect(list(got) == wanted("Q: 药"), f"query 应当返回一个向量，得到 {got}")
    cache.passages(["药"])
    sent = model.requests[1:]
    expect(sent != [], "把查询的向量给了段落：缓存的键里要分清查询与段落（带前缀的文字就分得清）")
    expect(sent == [["passage> 药"]], f"段落应当发 [['passage> 药']]，发了 {sent}")


def test_what_was_computed_is_not_computed_again():
    model = Model()
    cache = ex.Cache(model, "query: ", "passage: ")
    cache.passages(["甲", "乙"])
    cache.query("甲")
    before = len(model.requests)
    cache.query("甲")
    cache.passages(["乙", "甲"])
    again = model.requests[before:]
    expect([] not in again, "都算过了还发了一个空的请求：没有缺的就不要调用 embed")
    expect(again == [], f"算过的又发了 {again}：先查缓存")


def test_the_missing_ones_share_one_request_and_keep_their_order():
    model = Model()
    cache = ex.Cache(model, "query: ", "passage: ")
    cache.passages(["乙"])
    texts = ["甲", "乙", "丙丙", "甲"]
    got = cache.passages(texts)
    expect(got is not None, "passages 返回了 None：少了 return")
    got = [list(vector) for vector in got]
    want = [wanted("passage: " + text) for text in texts]
    expect(len(got) == len(texts), f"{len(texts)} 段应当有 {len(texts)} 个向量，得到 {len(got)} 个：重复的也各要一个")
    expect(got == want, "向量的次序与 texts 不同：算过的与新算的要放回各自的位置")
    later = model.requests[1:]
    expect(len(later) == 1, f"没算过的应当合成一次请求，发了 {len(later)} 次")
    expect(sorted(later[0]) == ["passage: 丙丙", "passage: 甲"], f"这次只该发没算过的，各一份，发了 {later[0]}")


def test_changing_a_returned_vector_leaves_the_cache_alone():
    cache = ex.Cache(Model(), "query: ", "passage: ")
    got = cache.query("甲")
    got[0] = -1.0
    expect(cache.query("甲")[0] != -1.0, "改了返回的向量，缓存里的也变了：给一份拷贝")
