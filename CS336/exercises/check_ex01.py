"""检查 ex01：数对、挑对、合并、训练，逐项与定义比较。"""

import random
import re
import signal
import threading
import traceback
from collections import Counter

from book import expect, load_exercise

ex = load_exercise(__file__)

INTEGERS = "bytes 里取出来的是整数：一个字节一个词元写 bytes([byte])"
NO_PAIRS = "没有对了就停：先看 counts 是不是空的，再挑最好的"
OF_THE_NOTE = "笔记里 naive.py 的函数这里没有，自己写"
NAMES = {  # 没有的名字 -> 它从哪来
    "split_bytes": f'{OF_THE_NOTE}，一个字节一个词元是 bytes([byte]) for byte in word.encode("utf-8")',
    "merge_pair": f"{OF_THE_NOTE}；合并是 merge_word",
    "train_naive": f"{OF_THE_NOTE}；训练就是 train_merges 自己",
    "Counter": "文件开头先写 from collections import Counter",
    "defaultdict": "文件开头先写 from collections import defaultdict",
}
CAUSES = {  # 报错里的几个字 -> 多半是哪个想法错了
    "most_common": "most_common 是 Counter 的，counts 是普通的 dict，而且它一样多时取先见到的：用 max(counts, key=…)",
    "values to unpack": "遍历字典只得到键，要次数写 words.items()；遍历词得到一个个词元，要对写 zip(word, word[1:])",
    "'dict' object has no attribute": "字典不能排序、不能 append：取最大的用 max(counts, key=…)",
    "out of range": "下标越界：一对要 i 与 i + 1 都在词里；一边循环一边删，长度就变了，另建一个列表来装",
    "changed size": "一边循环一边改字典：另建一个新的",
    "changed during iteration": "一边循环一边改字典：另建一个新的",
    "int found": INTEGERS,
    "'int' object is not iterable": INTEGERS,
    "int is not": INTEGERS,
    "empty": NO_PAIRS,
    "codec can't encode": '编码用 UTF-8：word.encode("utf-8")',
    "codec can't decode": "一个汉字的字节可能分在几个词元里，单独的一截解不成字：直接比 bytes，不要 decode",
    "'str' and 'bytes'": '词元是 bytes，不是 str：先 word.encode("utf-8")',
    "not 'str'": '词元是 bytes，不是 str：先 word.encode("utf-8")',
    "str found": '词元是 bytes，不是 str：先 word.encode("utf-8")，再接起来用 b"".join 或 +',
    "not bytes": '词元是 bytes，不是 str：接起来用 b"".join 或 +',
    "'tuple' object does not support": "tuple 不能改：另建一个列表，最后 tuple(…)",
    "'tuple' object has no attribute": "tuple 不能改：另建一个列表，最后 tuple(…)",
    "unhashable": "字典的键要能哈希：词与对都用 tuple，不用 list",
}


class Endless(Exception):
    """一次调用用了太多 CPU：多半是循环停不下来。"""


def stop(*_):
    raise Endless("循环停不下来")


def limited(function, *args):
    """调用 function；在认得 SIGVTALRM 的系统上，用了 0.2 秒 CPU 就停。"""
    if not hasattr(signal, "SIGVTALRM") or threading.current_thread() is not threading.main_thread():
        return function(*args)
    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, 0.2)
    try:
        return function(*args)
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def line_of(error, function) -> tuple[int, str]:
    """你的文件里，是哪一行抛的：(行号, 那一行)。"""
    frames = traceback.extract_tb(error.__traceback__)
    mine = [(f.lineno, f.line) for f in frames if f.filename == function.__code__.co_filename]
    return mine[-1] if mine else (function.__code__.co_firstlineno, "")


def idea_of(error, name, source) -> str:
    """函数 name 在 source 那一行抛的异常 -> 多半是哪个想法错了。"""
    if isinstance(error, NameError):
        return NAMES.get(getattr(error, "name", None), "这个名字还没有：先建一个空的，再往里装；或者打错了字")
    if isinstance(error, IndexError) and name == "train_merges" and re.search(r"\[(0|-1)\]", source):
        return f"{NO_PAIRS}；空的列表没有第 0 个，sorted(…)[0] 也没有"
    if isinstance(error, Endless):
        return "循环停不下来：每一轮都要往前走（i += 1 或 2），没有对了要 break"
    if isinstance(error, KeyError):
        return "字典里还没有这个键：第一次见到要从 0 数起，用 counts.get(pair, 0) 或 Counter"
    raised = name == "train_merges" and isinstance(error, (ValueError, AssertionError))
    own = "没有对可以合并不是错误：提前停，返回已经学到的" if raised else ""
    return next((idea for part, idea in CAUSES.items() if part in str(error)), own or "先看这一行")


def call(function, *args):
    """调用你的函数；报错、忘了 return、改了输入，都换成一句话。"""
    name, copies = function.__name__, [dict(arg) if isinstance(arg, dict) else arg for arg in args]
    try:
        got = limited(function, *args)
    except Exception as error:
        text, (line, source) = " ".join(str(error).split()), line_of(error, function)
        idea = idea_of(error, name, source)
        expect(False, f"{name} 第 {line} 行抛了 {type(error).__name__}：{idea}。Python 说：{text}")
    expect(got is not None, f"{name} 返回的是 None：忘了 return？")
    expect(list(args) == copies, f"{name} 改动了传进来的 {type(args[0]).__name__}：另建一个新的，原来的别人还要用")
    return got


def show(value) -> str:
    """bytes 写得短一点：(b's', b't') -> (s, t)；空格写 ␣，不是 ASCII 的写 \\xe4。"""
    if isinstance(value, bytes):
        return repr(value)[2:-1].replace(" ", "␣")
    if isinstance(value, dict):
        return "{" + ", ".join(f"{show(k)}: {show(v)}" for k, v in value.items()) + "}"
    if isinstance(value, (tuple, list)):
        inside = ", ".join(map(show, value))
        return f"({inside})" if isinstance(value, tuple) else f"[{inside}]"
    return repr(value)


def letters(text) -> tuple:
    """一段 ASCII -> 词：一个字母一个词元。"""
    return tuple(bytes([byte]) for byte in text.encode())


def pair_of(text) -> tuple:
    """ "e st" -> (b"e", b"st")。"""
    return tuple(part.encode() for part in text.split())


# ---------------------------------------------------------------- 定义；换掉其中一步就是一种错法


def true_count(split) -> Counter:
    counts = Counter()
    for word, times in split.items():
        for i in range(len(word) - 1):
            counts[word[i], word[i + 1]] += times
    return counts


def sum_pairs(split, pairs) -> Counter:
    """pairs(word) 给出一个词里数的东西，各加这个词的次数。"""
    counts = Counter()
    for word, times in split.items():
        for pair in pairs(word):
            counts[pair] += times
    return counts


def true_best(counts):
    return max((times, pair) for pair, times in counts.items())[1]


def equal(left, right, pair):
    return (left, right) == pair


def true_merge(word, pair, step=2, same=equal):
    merged, i = [], 0
    while i < len(word):
        found = i + 1 < len(word) and same(word[i], word[i + 1], pair)
        merged.append(word[i] + word[i + 1] if found else word[i])
        i += step if found else 1
    return tuple(merged)


def from_the_right(word, pair):
    merged, i = [], len(word)
    while i > 0:
        found = i > 1 and word[i - 2 : i] == pair
        merged.insert(0, pair[0] + pair[1] if found else word[i - 1])
        i -= 2 if found else 1
    return tuple(merged)


def only_the_first(word, pair):
    places = [i for i in range(len(word) - 1) if word[i : i + 2] == pair]
    return (*word[: places[0]], pair[0] + pair[1], *word[places[0] + 2 :]) if places else word


def without_shift(word, pair):
    tokens = list(word)
    for i in [i for i in range(len(word) - 1) if word[i : i + 2] == pair]:
        tokens[i : i + 2] = [pair[0] + pair[1]]
    return tuple(tokens)


def keeps_the_left(word, pair):
    merged = []
    for i, token in enumerate(word):
        merged += [token, pair[0] + pair[1]] if word[i : i + 2] == pair else [token]
    return tuple(merged)


def by_remove(word, pair):
    tokens = list(word)
    for _ in word:
        i = next((i for i in range(len(tokens) - 1) if tuple(tokens[i : i + 2]) == pair), None)
        if i is not None:
            tokens[i] = pair[0] + pair[1]
            tokens.remove(pair[1])
    return tuple(tokens)


def without_the_tail(word, pair):
    merged = true_merge(word, pair)
    return merged if merged[-1:] == (pair[0] + pair[1],) else merged[:-1]


def overlapping(word, pair):
    return true_merge(word, pair, step=1)


def across_words(split) -> Counter:
    line = [(token, times) for word, times in split.items() for token in word]
    counts = Counter()
    for (left, _), (right, times) in zip(line, line[1:]):
        counts[left, right] += times
    return counts


def without_overlaps(split) -> Counter:
    counts = Counter()
    for word, times in split.items():
        last = {}
        for i, pair in enumerate(zip(word, word[1:])):
            if last.get(pair) != i - 1 or pair[0] != pair[1]:
                counts[pair] += times
                last[pair] = i
    return counts


def train(words, num_merges, count=true_count, best=true_best, merge=true_merge):
    """按定义训练；words 里的词已经是 tuple。"""
    split, merges = dict(words), []
    while len(merges) < num_merges and (counts := count(split)):
        pair = best(counts)
        merges.append(pair)
        split = {merge(word, pair): times for word, times in split.items()}
    return merges


WRONG_COUNTS = {
    "没有乘词的次数：一个词出现 n 次，里面的对各算 n 次": lambda split: true_count(dict.fromkeys(split, 1)),
    "跨过了词的边界：一个词的末尾与下一个词的开头不是一对": across_words,
    "一个词里同一对只算了一次：每个相邻的位置都算": lambda split: sum_pairs(
        split, lambda word: dict.fromkeys(zip(word, word[1:]))
    ),
    "重叠的没有数：aaaa 里 (a, a) 有三处，每个相邻的位置都算": without_overlaps,
    "后一个词盖掉了前一个词的次数：用 +=，不是 =": lambda split: {
        pair: times for word, times in split.items() for pair in zip(word, word[1:])
    },
    "少数了每个词的最后一对：相邻的位置有 len(word) - 1 个": lambda split: true_count(
        {word[:-1]: times for word, times in split.items()}
    ),
    "每个词的末尾与开头凑成了一对：word[i - 1] 在 i = 0 时是最后一个": lambda split: true_count(
        {(word[-1], *word): times for word, times in split.items() if word}
    ),
    "数的是单个词元，不是相邻的一对": lambda split: sum_pairs(split, lambda word: word),
    "数的是字节，不是词元：合并过的词元是一个整体": lambda split: true_count(
        {letters(b"".join(word).decode()): times for word, times in split.items()}
    ),
    "相邻的是 i 与 i + 1，你还数了隔着的": lambda split: sum_pairs(
        split, lambda word: ((left, right) for i, left in enumerate(word) for right in word[i + 1 :])
    ),
    "左右交换了也算同一对：(左, 右) 与 (右, 左) 是两对": lambda split: sum_pairs(
        split, lambda word: (tuple(sorted(pair)) for pair in zip(word, word[1:]))
    ),
    "隔一个才数：每个相邻的位置都算，range 的步子是 1": lambda split: sum_pairs(
        split, lambda word: zip(word[::2], word[1::2])
    ),
    "左右一样的没有数：(a, a) 也是一对": lambda split: sum_pairs(
        split, lambda word: (pair for pair in zip(word, word[1:]) if pair[0] != pair[1])
    ),
    "只数了第一个词：return 缩进多了一层？": lambda split: true_count(dict(list(split.items())[:1])),
    "只数了最后一个词：counts 要在循环外面建": lambda split: true_count(dict(list(split.items())[-1:])),
}


WRONG_MERGES = {
    "重叠了：合并一处之后要跳过两个词元，合并过的不再参加": overlapping,
    "要从左到右：先合并左边的，剩下的单个在右边": from_the_right,
    "只合并了第一处：每一处都要": only_the_first,
    "前面换过一处，后面的位置就都往前移了：另建一个列表，从左到右装": without_shift,
    "没有合并：看左右两个词元是不是 pair；列表的切片与 tuple 永远不相等，先写 tuple(…)": lambda word, pair: word,
    "末尾的词元丢了：循环到最后一对为止时，最后一个词元还没有装": without_the_tail,
    "比的是接起来的 bytes：(a, bc) 不是 (ab, c)": lambda word, pair: true_merge(
        word, pair, same=lambda left, right, pair: left + right == pair[0] + pair[1]
    ),
    "左右不能交换：(t, s) 不是 (s, t)": lambda word, pair: true_merge(
        word, pair, same=lambda left, right, pair: {left, right} == set(pair)
    ),
    "只比了左边：两个词元都要与 pair 相同": lambda word, pair: true_merge(
        word, pair, same=lambda left, right, pair: left == pair[0]
    ),
    "只比了右边：两个词元都要与 pair 相同": lambda word, pair: true_merge(
        word, pair, same=lambda left, right, pair: right == pair[1]
    ),
    "只比了挨着的字节：两个词元都要与 pair 完全相同": lambda word, pair: true_merge(
        word, pair, same=lambda left, right, pair: left.endswith(pair[0]) and right.startswith(pair[1])
    ),
    "换成了 pair 本身，没有看是不是同一对": lambda word, pair: true_merge(
        word, pair, same=lambda left, right, pair: left in pair and right in pair
    ),
    "去重了：同样的词元都要留着": lambda word, pair: tuple(dict.fromkeys(true_merge(word, pair))),
    "没有合并的词元也要留下": lambda word, pair: tuple(t for t in true_merge(word, pair) if t == pair[0] + pair[1]),
    "换下来的左边没有去掉：先看是不是 pair，再装": keeps_the_left,
    "左右接反了：左边在前": lambda word, pair: tuple(
        pair[1] + pair[0] if token == pair[0] + pair[1] else token for token in true_merge(word, pair)
    ),
    "remove 删掉的是第一个相等的，不一定是这一处：用 del tokens[i + 1]，或者另建一个列表": by_remove,
    "拼好的词元没有放进去：两个都没了": lambda word, pair: tuple(
        t for t in true_merge(word, pair) if t != pair[0] + pair[1]
    ),
}


# ---------------------------------------------------------------- 数对


def check_counts(words):
    """比较一次 count_pairs。"""
    got, want = call(ex.count_pairs, words), dict(true_count(words))
    expect(isinstance(got, dict), f"count_pairs 应当返回 dict，得到 {type(got).__name__}")
    got = dict(got)  # 两个 Counter 比较时不看 0 次的
    text = f"words 是 {show(words)}，应当是 {show(want)}，得到 {show(got)}"
    for pair in got:
        split = isinstance(pair, tuple) and len(pair) == 2
        single = WRONG_COUNTS["数的是单个词元，不是相邻的一对"](words) if not split else None
        expect(got != single or got == want, f"{text}。数的是单个词元，不是相邻的一对")
        triple = f"{text}。一对是两个词元，{show(pair)} 有 {len(pair)} 个" if isinstance(pair, tuple) else ""
        expect(split or not triple, triple)
        strings = split and any(isinstance(token, str) for token in pair)
        expect(not strings, f"{text}。键里是 str：词元就是 bytes，不要 decode")
        expect(not split or not any(isinstance(token, int) for token in pair), f"{text}。{INTEGERS}")
        expect(split, f"{text}。键应当是两个词元的 tuple，不是接起来的 {show(pair)}：(a, bc) 与 (ab, c) 是两对")
    for idea, wrong in WRONG_COUNTS.items():
        expect(got == want or got != wrong(words), f"{text}。{idea}")
    expect(got == want or {k: v for k, v in got.items() if v} != want, f"{text}。没出现过的对不要留在结果里")
    swapped = {pair[::-1]: times for pair, times in got.items()}
    expect(got == want or swapped != want, f"{text}。左右放反了：(左, 右)")
    expect(got == want, text)


def test_counting_by_hand():
    check_counts({letters("low"): 5, letters("lower"): 2})


def test_counting_every_place():
    check_counts({letters("aaaa"): 1})
    check_counts({letters("abab"): 3, letters("bab"): 1})


def test_counting_tokens_of_any_length():
    check_counts({(b"l", b"ow"): 2, (b"ow", b"ow", b"l"): 3})
    check_counts({(b"a", b"bc"): 2, (b"ab", b"c"): 3})


def test_counting_where_there_is_nothing():
    check_counts({})
    check_counts({(b"a",): 4, (b"ab",): 1, (): 2})
    check_counts({(b"a",): 4, (b"b", b"a"): 1})


# ---------------------------------------------------------------- 挑对


def check_best(counts, ideas):
    """比较一次 best_pair；ideas 是 {错的答案: 错在哪}。"""
    got, want, text = call(ex.best_pair, dict(counts)), true_best(counts), f"counts 是 {show(counts)}"
    expect(not isinstance(got, int), f"{text}，得到 {got}：要返回那一对，不是它的次数")
    whole = isinstance(got, tuple) and len(got) == 2 and all(isinstance(token, bytes) for token in got)
    expect(whole, f"{text}，得到 {show(got)}：只返回那一对 (左, 右)，应当是 {show(want)}")
    idea = ideas.get(got, "先比次数，一样多再比这一对")
    expect(got == want, f"{text}，应当取 {show(want)}，得到 {show(got)}：{idea}")


def test_the_most_frequent_pair():
    counts = {(b"a", b"b"): 3, (b"z", b"z"): 1, (b"e", b"s"): 10, (b"q", b"q"): 9}
    ideas = {
        (b"z", b"z"): "没有看次数，取的是最大的一对；或者取了次数最少的",
        (b"q", b"q"): "次数当成文字比了？10 比 9 多",
        (b"a", b"b"): "没有看次数",
    }
    check_best(counts, ideas)
    check_best({(b"z", b"z"): 2, (b"m", b"m"): 3, (b"a", b"b"): 1}, {(b"a", b"b"): "取了次数最少的"})


def test_ties_take_the_greater_pair():
    first, small, last = (b"h", b"e"), (b"a", b"b"), (b"o", b"w")
    ideas = {
        first: "一样多时取了先见到的（max 与 most_common 都这样）；应当取较大的一对",
        small: "一样多时取了较小的；应当取较大的一对",
        last: "一样多时取了最后见到的；应当取较大的一对",
        (b"r", b"z"): "先比了右边，或者只比了右边：先比左边，相同再比右边",
    }
    check_best({first: 4, (b"s", b"t"): 4, small: 4, (b"r", b"z"): 4, last: 4}, ideas)
    check_best({(b"e", b"a"): 2, (b"e", b"s"): 2}, {(b"e", b"a"): "左边相同，还要比右边"})
    check_best({(b"e", b"s"): 2, (b"e", b"a"): 2}, {(b"e", b"a"): "左边相同，还要比右边"})


def test_ties_compare_bytes_not_something_else():
    joined = "比的是接起来的 bytes，或者只比了第一个字节；应当先比左边的整个词元，再比右边的"
    check_best({(b"a", b"bc"): 1, (b"ab", b"a"): 1}, {(b"a", b"bc"): joined})
    check_best({(b"b", b"b"): 3, (b"a", b"aaa"): 3}, {(b"a", b"aaa"): "比的是长度；应当按字节比"})
    check_best({(b"a", b"zzz"): 3, (b"b", b"c"): 3}, {(b"a", b"zzz"): "比的是长度；应当按字节比"})
    check_best({(b"b", b"b"): 3, (b"aa", b"a"): 3}, {(b"aa", b"a"): "比的是长度；应当按字节比"})
    check_best({(b"ba", b"a"): 3, (b"b", b"z"): 3}, {(b"b", b"z"): "较短的不优先：b 是 ba 的开头，ba 较大"})
    printed = "比的是印出来的样子；\\xe4 是一个字节，比 z 大。直接比 tuple"
    check_best({(b"z", b"z"): 1, (b"\xe4", b"\xbd"): 1}, {(b"z", b"z"): printed})
    replaced = "解码之后比，不合法的字节都成了同一个 U+FFFD：直接比 bytes"
    for right in (b"\xa0", b"\xbd"):
        counts = {(b"\xe4", right): 1, (b"\xe4", b"\xbe"): 1, (b"\xe4", b"\x80"): 1}
        check_best(counts, {(b"\xe4", right): replaced, (b"\xe4", b"\x80"): "应当取较大的一对"})


# ---------------------------------------------------------------- 合并


def check_merge(word, pair, ideas=None):
    """比较一次 merge_word；ideas 是 {错的答案: 错在哪}，先于 WRONG_MERGES。"""
    got, want = call(ex.merge_word, word, pair), true_merge(word, pair)
    text = f"在 {show(word)} 里合并 {show(pair)}，应当是 {show(want)}，得到 {show(got)}"
    expect(isinstance(got, tuple), f"{text}。返回的是 {type(got).__name__}，应当是 tuple：用 tuple(…) 包起来")
    nested = any(isinstance(token, (tuple, list)) for token in got)
    expect(not nested, f"{text}。合并出来的是一个词元：左右两段 bytes 用 + 接起来，不是放进 tuple")
    expect(got == want or got not in (ideas or {}), f"{text}。{(ideas or {}).get(got)}")
    for idea, wrong in WRONG_MERGES.items():
        expect(got == want or got != wrong(word, pair), f"{text}。{idea}")
    strange = [token for token in got if token not in (*word, pair[0] + pair[1])]
    expect(not strange, f"{text}。{show(strange)} 不是原来的词元，也不是 pair 接起来的：合并过的不再参加这一次的合并")
    expect(got == want, f"{text}。一个字节也不能多、不能少、不能换地方")


def test_merging_by_hand():
    check_merge(letters("newest"), (b"s", b"t"))
    check_merge(letters("stest"), (b"s", b"t"))
    check_merge(letters("stew"), (b"s", b"t"))
    check_merge(letters("ststst"), (b"s", b"t"))


def test_merging_overlaps_from_the_left():
    check_merge(letters("aaa"), (b"a", b"a"))
    for length in (2, 4, 5, 7):
        check_merge(letters("a" * length), (b"a", b"a"))
    check_merge(letters("ababa"), (b"ab", b"a"))
    check_merge((b"ab", b"a", b"b", b"a"), (b"ab", b"a"))
    check_merge(letters("baaab"), (b"a", b"a"))


def test_merging_compares_both_tokens():
    check_merge((b"a", b"bc", b"ab", b"c"), (b"ab", b"c"))
    inside = {(b"x", b"st", b"st", b"x"): "拆开了词元：只看整个词元，不看它里面的字节"}
    check_merge((b"xs", b"t", b"s", b"tx"), (b"s", b"t"), inside)
    check_merge(letters("tsst"), (b"s", b"t"))
    check_merge(letters("sest"), (b"s", b"t"))
    check_merge(letters("setst"), (b"s", b"t"))
    check_merge((b"s", b"t", b"st", b"ss", b"tt"), (b"s", b"t"))


def test_merging_where_there_is_nothing():
    for word in ((), (b"s",), (b"st",), (b"t",), letters("abc")):
        check_merge(word, (b"s", b"t"), {(): "一处也没有，词要原样返回"})
    check_merge((b"\xe4", b"\xbd", b"\xa0"), (b"\xe4", b"\xbd"))
    check_merge((b"\xe4\xbd", b"\xa0", b"\xe4\xbd"), (b"\xe4\xbd", b"\xa0"))


def test_merging_random_words():
    source = random.Random(4)
    tokens = (b"a", b"b", b"ab", b"ba", b"aa")
    for _ in range(300):
        word = tuple(source.choices(tokens, k=source.randrange(9)))
        check_merge(word, (source.choice(tokens), source.choice(tokens)))


# ---------------------------------------------------------------- 训练


def first_only(counts):
    return max(counts, key=counts.get)


def smaller(counts):
    return min(counts, key=lambda pair: (-counts[pair], pair))


def longer(counts):
    return max(counts, key=lambda pair: (counts[pair], len(pair[0] + pair[1]), pair))


def joined_bytes(counts):
    return max(counts, key=lambda pair: (counts[pair], pair[0] + pair[1]))


def split_bytes(words):
    return {tuple(bytes([byte]) for byte in word.encode()): times for word, times in words.items()}


def with_step(**change):
    """按定义训练，只换掉一步。"""
    return lambda words, num_merges: train(split_bytes(words), num_merges, **change)


def frequent_only(split):
    return {pair: times for pair, times in true_count(split).items() if times > 1}


def counted_once(words, num_merges):
    counts = true_count(split_bytes(words))
    return sorted(counts, key=lambda pair: (counts[pair], pair), reverse=True)[:num_merges]


def by_characters(words, num_merges):
    return train({tuple(char.encode() for char in word): n for word, n in words.items()}, num_merges)


UNWEIGHTED = "没有乘词的次数：一个词出现 n 次，里面的对各算 n 次"
TIE = "一样多时取了"
WRONG_TRAININGS = [
    (UNWEIGHTED, with_step(count=WRONG_COUNTS[UNWEIGHTED])),
    ("跨过了词的边界：不要把词接起来", with_step(count=across_words)),
    ("跨过了词的边界：不要把词接起来", lambda words, n: train({letters("".join(words)): 1}, n)),
    (f"{TIE}先见到的；应当取较大的一对", with_step(best=first_only)),
    (f"{TIE}较小的；应当取较大的一对", with_step(best=smaller)),
    ("一样多时比了长度；应当按字节比", with_step(best=longer)),
    ("一样多时比了接起来的 bytes；应当先比左边，再比右边", with_step(best=joined_bytes)),
    ("合并时重叠了：合并一处之后跳过两个词元", with_step(merge=overlapping)),
    ("合并时从右到左了", with_step(merge=from_the_right)),
    ("每个词里只合并了第一处", with_step(merge=only_the_first)),
    ("每一轮都挑到同一对：合并之后的词没有留下来", with_step(merge=lambda word, pair: word)),
    ("重叠的没有数：aaaa 里 (a, a) 有三处", with_step(count=without_overlaps)),
    ("只在开头数了一次：每合并一条，对就变了，要重新数", counted_once),
    ("只出现一次的对也要合并，直到没有对为止", with_step(count=frequent_only)),
    ('开始时一个字节一个词元，不是一个字：先 word.encode("utf-8")', by_characters),
    ("多学了一条：从 0 数起，学够就停", lambda words, n: train(split_bytes(words), n + 1)),
    ("少学了一条", lambda words, n: train(split_bytes(words), n)[:-1]),
    ("少学了一条", lambda words, n: train(split_bytes(words), n - 1)),
    ("次序就是学到的次序，你放反了", lambda words, n: train(split_bytes(words), n)[::-1]),
    ("最后不要排序：次序就是学到的次序", lambda words, n: sorted(train(split_bytes(words), n))),
    ("大写与小写是不同的字节", lambda words, n: train(split_bytes({w.lower(): k for w, k in words.items()}), n)),
]


def explain(results, wrongs) -> str:
    """results 是 [(输入, 得到, 应当)]：先找说得通全部的错法，再找只说得通错的那几条的，再找第一条的。"""
    bad = [result for result in results if result[1] != result[2]]
    for some in (results, bad, bad[:1]):
        for idea, wrong in wrongs:
            if all(wrong(*given) == got for given, got, _ in some):
                return idea
    return ""


def describe_shape(got) -> str:
    """train_merges 返回的东西哪里不像 [(bytes, bytes), …]；像就是空串。"""
    if not isinstance(got, list):
        return f"应当返回列表，得到 {type(got).__name__}"
    for pair in got:
        if not isinstance(pair, tuple) or len(pair) != 2:
            stop_there = "：没有对可以合并了就停" if pair is None else ""
            return f"每一条应当是一对 (左, 右)，得到 {show(pair)}{stop_there}"
        if any(isinstance(token, int) for token in pair):
            return f"得到 {show(pair)}：{INTEGERS}"
        if any(isinstance(token, str) for token in pair):
            return f'得到 {show(pair)}：词元是 bytes，不是 str：先 word.encode("utf-8")'
    return ""


def out_of_words(got, words) -> str:
    """学到的哪一条不在任何一个词里，为什么；都在就是空串。"""
    known = set("".join(words).encode())
    for pair in got:
        token = b"".join(pair)
        if not known.issuperset(token):
            return f"{show(pair)} 里有词里没有的字节：编码用 UTF-8，词的前后也不要加记号"
        if not any(token in word.encode() for word in words):
            return f"{show(pair)} 不在任何一个词里，跨过了词的边界：不要把词接起来"
    return ""


def check_training(*cases):
    """比较 train_merges；cases 是 (words, num_merges)。"""
    results = []
    for words, num_merges in cases:
        got = call(ex.train_merges, words, num_merges)
        problem = describe_shape(got)
        expect(not problem, f"words 是 {words}、{num_merges} 条：{problem}")
        results.append(((words, num_merges), got, train(split_bytes(words), num_merges)))
    for (words, num_merges), got, want in results:
        if got == want:
            continue
        line = f"words 是 {words}、{num_merges} 条，应当是 {show(want)}，得到 {show(got)}"
        same = next((i for i, (mine, right) in enumerate(zip(got, want)) if mine != right), min(len(got), len(want)))
        idea = explain(results, WRONG_TRAININGS) or out_of_words(got, words)
        expect(False, f"{line}。{idea or f'从第 {same + 1} 条起不同，前面的都对：在纸上做到这一轮'}")


LOW = {"low": 5, "lower": 2, "widest": 3, "newest": 6}


def test_training_by_hand():
    check_training((LOW, 3), (LOW, 12))


def test_training_counts_words_and_their_places():
    repeated = ({"aaaaa": 1, "bcbc": 1, "cb": 1}, {"aaa": 2, "aaab": 3, "baa": 2}, {"ab": 3, "ba": 3, "bab": 1})
    check_training(({"ab": 1, "xb": 2, "cd": 2, "ce": 1}, 2), ({"Low": 2, "low": 3, " low": 1}, 6))
    check_training(*((words, 5) for words in repeated))


def test_training_stops_where_it_should():
    check_training((LOW, 0), ({}, 3), ({"a": 7}, 3), ({"ab": 2}, 5), ({"abc": 1, "bcd": 1}, 9), (LOW, 100))


def test_training_works_on_bytes():
    check_training(({"你好": 3, "你们": 2, "好": 1}, 4), ({"é": 2, "è": 1, "🙂": 4, "🙃": 4}, 9))


def test_training_random_words():
    source = random.Random(4)
    for alphabet in ("ab", "abc", "lowest", "你好a"):
        for _ in range(10):
            chosen = ["".join(source.choices(alphabet, k=source.randrange(1, 7))) for _ in range(6)]
            check_training(({word: source.randrange(1, 5) for word in chosen}, 12))
