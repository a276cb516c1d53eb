"""检查 ex01：格子、位置、掩码与定义比较；贪心的循环看它喂了什么、在哪个位置。"""

import traceback

import torch

from book import expect, load_exercise

ex = load_exercise(__file__)


def call(function, *args):
    """调用你的函数；报错、忘了 return，都换成一句话。"""
    name = function.__name__
    try:
        got = function(*args)
    except Exception as error:
        code = getattr(function, "__code__", None)
        frames = traceback.extract_tb(error.__traceback__)
        mine = [f.lineno for f in frames if code and f.filename == code.co_filename]
        line = f"第 {mine[-1]} 行" if mine else ""
        expect(False, f"{name} {line}抛了 {type(error).__name__}：{' '.join(str(error).split())}")
    expect(got is not None or name == "rewind", f"{name} 返回的是 None：忘了 return？")
    return got


# ---------------------------------------------------------------- 手算


def test_the_bytes_of_a_cache():
    got = call(ex.cache_bytes, 18, 1, 256, 1000, 4)
    want = 36_864_000
    ideas = {
        want // 2: "键与值各一份，要乘 2",
        want // 18: "每一层都有自己的缓存，要乘层数",
        want // 4: "每个数占 itemsize 字节",
        want // 256: "每个头有 head_dim 个数",
        want * 4: "存的是键值头，不是 query 头",
    }
    text = f"18 层、1 个键值头、256 维、1000 个词元、4 字节：得到 {got:,}，应当是 {want:,}"
    expect(got == want, f"{text}。{ideas.get(got, '2 · 层数 · 键值头数 · 维数 · 词元数 · 字节')}")
    got = call(ex.cache_bytes, 2, 3, 5, 7, 2)
    expect(got == 840, f"2 层、3 个键值头、5 维、7 个词元、2 字节：得到 {got}，应当是 840。键值头有几个就要乘几")


# ---------------------------------------------------------------- 位置


def wrong_positions(filled: int, count: int, padding: list[int]) -> dict:
    """常见的错法写出的位置 -> 哪个想法错了；先写的先查。"""
    cells = range(filled, filled + count)
    rules = (
        (lambda c, p: c, "没有减去左边的填充：短的那一行的第一个词元位置也是 0"),
        (lambda c, p: c - filled, "每次都从 0 数：要接着已经写的 filled 格往下数"),
        (lambda c, p: max(0, c - filled - p), "每次都从 0 数：要接着已经写的 filled 格往下数"),
        (lambda c, p: max(0, filled - p), "新词元的位置停住了：每个都要比前一个大 1"),
        (lambda c, p: max(0, c + 1 - p), "多了 1：写进去之前是第 filled 格，先算位置再加长度"),
        (lambda c, p: c + p, "填充要减，不是加：它们不算词元"),
        (lambda c, p: c - p, "填充的位置是负的：写成 0（clamp）"),
    )
    return {str([[rule(c, p) for c in cells] for p in padding]): idea for rule, idea in reversed(rules)}


def check_positions(filled: int, count: int, padding: list[int]):
    got = call(ex.positions, filled, count, torch.tensor(padding))
    text = f"positions({filled}, {count}, {padding})"
    expect(isinstance(got, torch.Tensor), f"{text} 返回的是 {type(got).__name__}，应当是 Tensor")
    shape = (len(padding), count)
    expect(tuple(got.shape) == shape, f"{text} 的形状是 {tuple(got.shape)}，应当是 {shape}：每行一份，每个新词元一个")
    expect(got.dtype == torch.int64, f"{text} 的类型是 {got.dtype}，应当是 torch.int64")
    want = [[max(0, c - p) for c in range(filled, filled + count)] for p in padding]
    idea = wrong_positions(filled, count, padding).get(str(got.tolist()), "第几格减去这一行的填充，最小是 0")
    expect(got.tolist() == want, f"{text} 得到 {got.tolist()}，应当是 {want}。{idea}")


def test_positions_of_the_prompt_skip_the_padding():
    check_positions(0, 4, [0, 2, 3])
    check_positions(0, 1, [0])


def test_positions_of_new_tokens_continue():
    check_positions(5, 1, [0, 2])
    check_positions(5, 3, [0, 4, 1])
    check_positions(2, 2, [3, 0])  # 一段一段地喂：填充还没喂完


# ---------------------------------------------------------------- 掩码


def wanted(filled, count, window, padding):
    out = torch.zeros(len(padding), count, filled + count, dtype=torch.bool)
    for b, pad in enumerate(padding):
        for t in range(count):
            for s in range(filled + count):
                row = filled + t
                out[b, t, s] = (row - window < s <= row and s >= pad) or s == row
    return out


def check_visible(filled, count, window, padding, idea):
    got = call(ex.visible, filled, count, window, torch.tensor(padding))
    text, want = f"visible({filled}, {count}, {window}, {padding})", wanted(filled, count, window, padding)
    expect(isinstance(got, torch.Tensor), f"{text} 返回的是 {type(got).__name__}，应当是 Tensor")
    shape = tuple(want.shape)
    expect(tuple(got.shape) == shape, f"{text} 的形状是 {tuple(got.shape)}，应当是 (B, 新词元, 全部的格) = {shape}")
    expect(got.dtype == torch.bool, f"{text} 的类型是 {got.dtype}，应当是 torch.bool")
    if not torch.equal(got, want):
        b, t, s = (got != want).nonzero()[0].tolist()
        seen = "看得见" if want[b, t, s] else "看不见"
        where = f"第 {b} 行新喂的第 {t} 个（第 {filled + t} 格）应当{seen}第 {s} 格"
        expect(False, f"{text}：{where}。{idea}")


def test_a_new_token_sees_itself_and_everything_before():
    idea = "新喂的第 t 个在第 filled + t 格：能看第 0 到 filled + t 格，不能看更晚的"
    check_visible(0, 4, 99, [0], idea)
    check_visible(3, 2, 99, [0], idea)
    check_visible(6, 1, 99, [0], idea)


def test_the_window_counts_the_token_itself():
    idea = "窗口一共 window 格，自己算一格：最早看到第 filled + t - window + 1 格"
    check_visible(6, 1, 3, [0], idea)
    check_visible(2, 3, 2, [0], idea)
    check_visible(3, 2, 1, [0], idea)


def test_padding_is_seen_by_nobody_but_itself():
    idea = "第 b 行的前 padding[b] 格是填充，真的词元看不见；填充自己只看见自己"
    check_visible(4, 1, 99, [0, 2], idea)
    check_visible(0, 4, 99, [0, 3], idea)
    check_visible(0, 5, 2, [4, 1], idea)


# ---------------------------------------------------------------- 缓存


def pieces(sizes, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return [(torch.randn(2, 3, n, 4, generator=generator), torch.randn(2, 3, n, 4, generator=generator)) for n in sizes]


def append(cache, key, value, want, idea):
    """append 之后，返回的键与值应当是 want 里的接起来。"""
    got = call(cache.append, key, value)
    expect(isinstance(got, tuple) and len(got) == 2, f"append 返回的是 {type(got).__name__}，应当是 (键, 值) 两个张量")
    for name, found, parts in zip(("键", "值"), got, zip(*want)):
        right = torch.cat(parts, dim=2)
        shapes = f"形状是 {tuple(found.shape)}，应当是 {tuple(right.shape)}"
        expect(found.shape == right.shape, f"append 返回的{name}{shapes}。只返回写过的格，一格不多一格不少：{idea}")
        expect(torch.equal(found, right), f"append 返回的{name}不是先后写进去的接起来。{idea}")


def new_cache(cells=12):
    return ex.Cache(torch.full((2, 3, cells, 4), 7.0), torch.full((2, 3, cells, 4), 7.0))


def test_append_writes_after_what_is_there():
    cache, parts = new_cache(), pieces([5, 1, 1, 3])
    storage = cache.keys  # 留着它：放掉的内存会被下一个张量用，地址就分不出换没换
    for i, (key, value) in enumerate(parts):
        append(
            cache, key, value, parts[: i + 1], "写在第 filled 格起，再把 filled 加上 T；盖住旧的，后面的词元就少看一个"
        )
        total = sum(k.shape[2] for k, _ in parts[: i + 1])
        expect(cache.filled == total, f"写了 {total} 格，filled 是 {cache.filled}：append 要把它加上 T")
    same = cache.keys.data_ptr() == storage.data_ptr()
    expect(same, "keys 换了一块内存：用切片写进分配好的格子，不要 torch.cat（每步复制整个缓存）")


def test_rewind_forgets_the_last_cells():
    cache, parts = new_cache(), pieces([5, 4, 2])
    append(cache, *parts[0], parts[:1], "先写 5 格")
    append(cache, *parts[1], parts[:2], "再写 4 格")
    call(cache.rewind, 4)
    expect(
        cache.filled == 5, f"写了 9 格，倒掉 4 格，filled 是 {cache.filled}，应当是 5：count 是倒掉几格，不是留下几格"
    )
    append(cache, *parts[2], [parts[0], parts[2]], "倒掉之后，新的要写在倒掉的那几格上")
    call(cache.rewind, 0)
    expect(cache.filled == 7, f"倒掉 0 格，filled 是 {cache.filled}，应当还是 7")


# ---------------------------------------------------------------- 循环


class Toy:
    """假模型：记着缓存里的 (编号, 位置)，下一个词元由全部内容决定；每次喂了什么都记下来。"""

    def __init__(self, vocab=11):
        self.vocab, self.cells, self.calls = vocab, [], []

    def __call__(self, ids, places):
        self.calls.append((list(ids), list(places)))
        self.cells += list(zip(ids, places))
        best = sum((token + 3) * (place + 1) ** 2 for token, place in self.cells) % self.vocab
        return [1.0 if i == best else i / 100 for i in range(self.vocab)]


def true_run(prompt, count, end):
    toy, written, fed = Toy(), [], 0
    new = list(prompt)
    while len(written) < count:
        logits = toy(new, range(fed, fed + len(new)))
        fed, new = fed + len(new), [logits.index(max(logits))]
        written += new
        if new[0] == end:
            break
    return toy.calls, written


def check_greedy(prompt, count, end):
    toy = Toy()
    got = call(ex.greedy, toy, list(prompt), count, end)
    calls, written = true_run(prompt, count, end)
    text = f"greedy(提示 {prompt}，{count} 个，end={end})"
    for n, (mine, right) in enumerate(zip(toy.calls, calls)):
        said = f"{text} 第 {n + 1} 次喂了 {mine[0]}，位置 {mine[1]}；应当喂 {right[0]}，位置 {right[1]}"
        again = len(mine[0]) > len(right[0])
        expect(not again, f"{said}。喂过的又喂了一遍：它们已经在缓存里，只喂刚写的那一个")
        expect(mine[0] == right[0], f"{said}。每次喂上一次写的那一个；第一次喂整个提示")
        expect(mine[1] == right[1], f"{said}。位置接着喂过的往下数，每喂一个加 1")
    more = f"{text} 喂了 {len(toy.calls)} 次，应当 {len(calls)} 次"
    expect(len(toy.calls) == len(calls), f"{more}：最后写的那一个不用喂；写出 end 就停")
    expect(got == written, f"{text} 返回 {got}，应当是 {written}：新写的全部词元，含 end，不含提示")


def test_greedy_feeds_every_token_once_at_its_position():
    check_greedy([4, 2, 9], 6, end=-1)
    check_greedy([5], 3, end=-1)


def test_greedy_stops_after_the_end_token():
    _, written = true_run([4, 2, 9], 6, -1)
    check_greedy([4, 2, 9], 6, end=written[2])
    check_greedy([4, 2, 9], 6, end=written[0])
    toy = Toy()
    got = call(ex.greedy, toy, [1], 0, -1)
    expect(got == [], f"一个都不写（count=0）应当返回 []，得到 {got}")
