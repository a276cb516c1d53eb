"""检查 ex03：按名次编码、解码、来回一趟、分块的编码，逐项与定义比较。"""

import codecs
import functools
import random
import re
import signal
import threading
import traceback

from book import expect, load_exercise

ex = load_exercise(__file__)

INTEGERS = "bytes 里取出来的是整数：一个字节一个词元写 bytes([byte])"
STRINGS = '词元是 bytes，不是 str：先 word.encode("utf-8")'
CAUSES = {  # 报错里的几个字 -> 多半是哪个想法错了
    "codec can't encode": '编码用 UTF-8：word.encode("utf-8")',
    "has no len": "chunks 可能是迭代器，没有 len，也没有下标：用 for 从头走一遍",
    "not subscriptable": "chunks 可能是迭代器，没有 len，也没有下标：用 for 从头走一遍",
    "StopIteration": "块可能一个也没有：用 for，不用 next",
    "codec can't decode": '不合法的字节要显示成 �，不抛异常：先接起全部字节，再 decode("utf-8", errors="replace")',
    "'list' object has no attribute": "列表没有 replace、split：比相邻的两个词元，合并时另建一个列表",
    '(not "bytes")': '词元是 bytes：用 b"".join 接起来，最后才 decode',
    "int found": INTEGERS,
    "concat int": INTEGERS,
    "'int' and 'bytes'": 'sum 从整数 0 加起：bytes 用 b"".join 接起来',
    "concat str": STRINGS,
    "str found": STRINGS,
    "expected str instance": '接起来的是 bytes，要用 b"".join',
    "must be str, not bytes": STRINGS,
    "'str' and 'bytes'": STRINGS,
    "is not in list": "这一对不在 merges 里：先看它在不在，再问名次",
    "pop from empty": "没有词可以 pop：一个块也可能是空的，切不出词",
    "empty": "一对也不在 merges 里了就停：先看有没有，再取 min",
    "out of range": "下标越界：合并一处之后词元就少了；一个块也可能是空的，切不出词",
    "unhashable": "字典的键要能哈希：一对用 tuple(…)，不用列表的切片",
    "object is not callable": "迭代器要交出词元：写 yield from encode_word(…)",
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


def line_of(error, function) -> int:
    """你的文件里，是哪一行抛的。"""
    mine = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == function.__code__.co_filename]
    return mine[-1] if mine else function.__code__.co_firstlineno


def idea_of(error, name) -> str:
    """函数 name 抛的异常 -> 多半是哪个想法错了。"""
    if isinstance(error, NameError):
        return "这个名字还没有：忘了 import，还没建一个空的就往里装，或者打错了字"
    if isinstance(error, Endless):
        return "循环停不下来：每一轮都要合并至少一处，没有可以合并的就 break"
    if isinstance(error, StopIteration):
        return "一个词元也没有交出来：chunks 只能走一遍，走过就没有了"
    if isinstance(error, KeyError) and name == "decode":
        return "vocab 是 {编号: 词元}：编号是键，写 vocab[i]"
    if isinstance(error, KeyError):
        return "字典里没有这个键：不在 merges 里的对没有名次，先看 pair in rank"
    return next((idea for part, idea in CAUSES.items() if part in str(error)), "先看这一行")


def call(function, *args, use=lambda got: got):
    """调用你的函数，use 用掉它交回的东西；报错、忘了 return、改了输入，都换成一句话。"""
    name = function.__name__
    copies = [arg.copy() if isinstance(arg, (list, dict)) else arg for arg in args]
    got = None
    try:
        got = limited(lambda: None if (out := function(*args)) is None else use(out))
    except Exception as error:
        text, line = " ".join(str(error).split()), line_of(error, function)
        expect(False, f"{name} 第 {line} 行抛了 {type(error).__name__}：{idea_of(error, name)}。Python 说：{text}")
    expect(got is not None, f"{name} 返回的是 None：忘了 return（或者 yield）？")
    changed = all(before == arg for before, arg in zip(copies, args) if isinstance(arg, (list, dict)))
    expect(changed, f"{name} 改动了传进来的列表：下一个词还要用它，另建一个新的")
    return got


def show(value) -> str:
    """bytes 写得短一点：[b'low', b'est'] -> [low, est]；不是 ASCII 的写 \\xe4。"""
    if isinstance(value, bytes):
        return repr(value)[2:-1].replace(" ", "␣")
    if isinstance(value, (tuple, list)):
        return "[" + ", ".join(map(show, value)) + "]"
    return repr(value)


def rules(merges) -> str:
    return "、".join(f"{show(a)} {show(b)}" for a, b in merges)


def pairs_of(text) -> list:
    """ "s t, e st" -> [(b"s", b"t"), (b"e", b"st")]；␣ 是空格。"""
    return [tuple(part.replace("␣", " ").encode() for part in rule.split()) for rule in text.split(",")]


def bytes_of(word) -> list:
    return [bytes([byte]) for byte in word.encode()]


# ---------------------------------------------------------------- 定义；换掉其中一步就是一种错法


def merged(tokens, pair, most=None, step=2):
    """从左到右合并 pair，至多 most 处。"""
    out, i = [], 0
    while i < len(tokens):
        found = tuple(tokens[i : i + 2]) == pair and most != 0
        out.append(pair[0] + pair[1] if found else tokens[i])
        most = most - 1 if found and most is not None else most
        i += step if found else 1
    return out


def by_rank(word, merges, best=min, rounds=None, start=bytes_of, merge=merged, rank=None):
    """按名次编码；rank 换一个排法，best 换成 max 就是从后往前。"""
    rank = rank or {pair: i for i, pair in reversed(list(enumerate(merges)))}
    tokens = start(word)
    while rounds != 0 and (found := [pair for pair in zip(tokens, tokens[1:]) if pair in rank]):
        tokens = merge(tokens, best(found, key=lambda pair: rank[pair]))
        rounds = rounds - 1 if rounds is not None else None
    return tokens


def in_order(word, merges, merge=merged):
    tokens = bytes_of(word)
    for pair in merges:
        tokens = merge(tokens, pair)
    return tokens


def longest_match(word, merges, backwards=False):
    vocabulary, data, tokens = {a + b for a, b in merges}, word.encode(), []
    while data:
        sizes = [n for n in range(len(data), 1, -1) if (data[-n:] if backwards else data[:n]) in vocabulary]
        n = max(sizes, default=1)
        piece, data = (data[-n:], data[:-n]) if backwards else (data[:n], data[n:])
        tokens = [piece, *tokens] if backwards else [*tokens, piece]
    return tokens


def leftmost_first(word, merges, passes=None):
    """见到在 merges 里的对就合并，不看名次；passes 是从左到右走几趟。"""
    tokens = bytes_of(word)
    while passes != 0:
        out, i = [], 0
        while i < len(tokens):
            found = tuple(tokens[i : i + 2]) in merges
            out.append(b"".join(tokens[i : i + 2]) if found else tokens[i])
            i += 2 if found else 1
        if out == tokens:
            break
        tokens, passes = out, passes - 1 if passes is not None else None
    return tokens


def growing(word, merges):
    """从左到右，手里的词元能与下一个字节合并就合并。"""
    tokens = []
    for token in bytes_of(word):
        tokens.append(token)
        while len(tokens) > 1 and tuple(tokens[-2:]) in merges:
            tokens[-2:] = [tokens[-2] + tokens[-1]]
    return tokens


def growing_bytes(word, merges):
    """从左到右，手里的词元接上下一个字节还在词表里就接。"""
    vocabulary, tokens = {a + b for a, b in merges}, []
    for token in bytes_of(word):
        if tokens and tokens[-1] + token in vocabulary:
            token = tokens.pop() + token
        tokens.append(token)
    return tokens


def one_by_one(word, merges):
    """不看名次，每次合并最左边在 merges 里的一对。"""
    tokens = bytes_of(word)
    while (i := next((i for i, pair in enumerate(zip(tokens, tokens[1:])) if pair in merges), None)) is not None:
        tokens[i : i + 2] = [tokens[i] + tokens[i + 1]]
    return tokens


def joined_rank(word, merges):
    """名次只看接起来的 bytes。"""
    rank, tokens = {a + b: i for i, (a, b) in reversed(list(enumerate(merges)))}, bytes_of(word)
    while places := [i for i in range(len(tokens) - 1) if tokens[i] + tokens[i + 1] in rank]:
        i = min(places, key=lambda i: rank[tokens[i] + tokens[i + 1]])
        tokens[i : i + 2] = [tokens[i] + tokens[i + 1]]
    return tokens


def most_frequent(word, merges):
    """训练的规则：词里最多的一对先合并。"""
    tokens = bytes_of(word)
    while pairs := [pair for pair in zip(tokens, tokens[1:]) if pair in merges]:
        tokens = merged(tokens, max(pairs, key=lambda pair: (pairs.count(pair), -merges.index(pair))))
    return tokens


def until_missing(word, merges):
    tokens = bytes_of(word)
    for pair in merges:
        if pair not in zip(tokens, tokens[1:]):
            break
        tokens = merged(tokens, pair)
    return tokens


def shortest_match(word, merges):
    vocabulary, data, tokens = {a + b for a, b in merges}, word.encode(), []
    while data:
        n = next((n for n in range(2, len(data) + 1) if data[:n] in vocabulary), 1)
        tokens, data = [*tokens, data[:n]], data[n:]
    return tokens


def fewest_tokens(word, merges):
    vocabulary, data, best = {a + b for a, b in merges}, word.encode(), [[]]
    for end in range(1, len(data) + 1):
        starts = [i for i in range(end) if end - i == 1 or data[i:end] in vocabulary]
        best.append(min((best[i] + [data[i:end]] for i in starts), key=len))
    return best[-1]


def dropping(tokens, pair):
    out = merged(tokens, pair)
    return out if out[-1:] == [pair[0] + pair[1]] else out[:-1]


def from_the_right(tokens, pair):
    swapped = merged([token[::-1] for token in tokens[::-1]], (pair[1][::-1], pair[0][::-1]))
    return [token[::-1] for token in swapped[::-1]]


def replaced(word, merges):
    """写成用空格隔开的文字再替换：xa b 里也有 a b。"""
    text = b"\0".join(bytes_of(word))
    for left, right in merges:
        text = text.replace(left + b"\0" + right, left + right)
    return text.split(b"\0") if text else []


def skipping(word, merges):
    """在 tokens 里就地合并，之后又走两格。"""
    tokens = bytes_of(word)
    for pair in merges:
        i = 0
        while i < len(tokens) - 1:
            found = tuple(tokens[i : i + 2]) == pair
            tokens[i : i + 2] = [pair[0] + pair[1]] if found else tokens[i : i + 2]
            i += 2 if found else 1
    return tokens


def overlapping(tokens, pair):
    return merged(tokens, pair, step=1)


def only_one(tokens, pair):
    return merged(tokens, pair, most=1)


def whole_first(word, merges):
    whole = word.encode()
    return [whole] if whole in {a + b for a, b in merges} else by_rank(word, merges)


def ranked_by(key):
    """不按学到的次序，按 key 从小到大。"""
    return lambda word, merges: by_rank(word, merges, rank={pair: key(pair) for pair in merges})


WRONG_ENCODINGS = [
    ("整个词成了一个词元：开始时一个字节一个词元，不在 merges 里的对不合并", lambda w, m: [w.encode()]),
    (
        "一条合并也没有做：列表与元组从不相等，写 tuple(tokens[i : i + 2])；没有名次的要比哪一条都大；名次 0 也是名次",
        lambda word, merges: bytes_of(word),
    ),
    ("这是从左到右的最长匹配，不是 BPE：按名次合并", longest_match),
    ("只合并了一轮就停了：合并之后又有新的对，反复做到没有为止", lambda w, m: by_rank(w, m, rounds=1)),
    ("只从左到右走了一趟，见到就合并：每一轮都在全部相邻的对里找名次最小的", lambda w, m: leftmost_first(w, m, 1)),
    ("没有看名次，从左到右见到就合并：每一轮找名次最小的一对", leftmost_first),
    ("没有看名次，从左到右见到就合并：每一轮找名次最小的一对", one_by_one),
    ("没有看名次，从左到右见到就合并：每一轮找名次最小的一对", growing),
    ("没有看名次，从左到右见到就合并：每一轮找名次最小的一对", growing_bytes),
    ("名次取了最大的：最先学到的（下标最小的）先合并", lambda w, m: by_rank(w, m, best=max)),
    ("merges 倒着做了：最先学到的先合并", lambda w, m: in_order(w, m[::-1])),
    ("名次成了合并出来的长度，长的先：名次是在 merges 里的下标", ranked_by(lambda pair: -len(pair[0] + pair[1]))),
    ("名次成了合并出来的长度，短的先：名次是在 merges 里的下标", ranked_by(lambda pair: len(pair[0] + pair[1]))),
    ("名次成了字母的次序：名次是在 merges 里的下标", ranked_by(lambda pair: pair)),
    ("比的是接起来的 bytes：(a, bcd) 不是 (ab, cd)，名次要看这一对", joined_rank),
    ("整个词在词表里也要按名次合并：合并的结果可能不是它", whole_first),
    ("tokens 里已经少了一个，合并之后还走两格，就漏了挨着的一处：另建一个列表，或者只走一格", skipping),
    ("每一对只合并了第一处：从左到右每一处都要", lambda w, m: in_order(w, m, only_one)),
    ("合并时重叠了：合并一处之后跳过两个词元", lambda w, m: in_order(w, m, overlapping)),
    ("合并时从右到左了：aaa 是 aa a", lambda w, m: in_order(w, m, from_the_right)),
    ("用文字替换来合并，碰到了别的词元的末尾：比的是整个词元", replaced),
    ("开始时一个字节一个词元，不是一个字", lambda w, m: by_rank(w, m, start=lambda word: [c.encode() for c in word])),
    ("这是从右到左的最长匹配，不是 BPE：按名次合并", lambda word, merges: longest_match(word, merges, True)),
    ("末尾的词元丢了", lambda w, m: by_rank(w, m)[:-1]),
    ("只做了前一半的合并：词变短了，merges 的条数没有变", lambda w, m: in_order(w, m[: len(w.encode()) - 1])),
    ("词里最多的一对先合并，那是训练的规则：编码看名次", most_frequent),
    ("有一条用不上就停了：跳过它，接着看后面的", until_missing),
    ("这是最短的匹配，不是 BPE：按名次合并", shortest_match),
    ("这是词元最少的切法，不是 BPE：按名次合并", fewest_tokens),
    ("名次成了字母的次序：名次是在 merges 里的下标", lambda w, m: in_order(w, sorted(m))),
    ("末尾的词元丢了：循环到最后一对为止时，最后一个词元还没有装", lambda w, m: in_order(w, m, dropping)),
    ("大写与小写是不同的字节：不要 lower", lambda w, m: by_rank(w.lower(), m)),
    ("空格是词的一部分：不要 strip", lambda w, m: by_rank(w.strip(), m)),
    ("编码用 UTF-8", lambda w, m: by_rank(w.encode("latin-1", "replace").decode("latin-1"), m)),
    ("空的词没有词元，是 []", lambda w, m: by_rank(w, m) or [b""]),
    ("词元的次序反了", lambda w, m: by_rank(w, m)[::-1]),
    ("同样的词元去掉了：每一个都留着", lambda w, m: list(dict.fromkeys(by_rank(w, m)))),
]


def explain(results, wrongs) -> str:
    """results 是 [(输入, 得到, 应当)]：说得通第一条错的那些错法里，取说得通最多条的；一样多取排在前面的。"""
    bad = [result for result in results if result[1] != result[2]]

    def count(wrong, some) -> int:
        return sum(wrong(*given) == got for given, got, _ in some)

    possible = [item for item in wrongs if bad and count(item[1], bad[:1])]
    return max(possible, key=lambda item: (count(item[1], bad), count(item[1], results)), default=("",))[0]


# ---------------------------------------------------------------- 编码一个词

RANKS = [  # 名次小的先，不管在哪里、有多长
    ("abc", pairs_of("b c, a b")),
    ("abc", pairs_of("a b, b c")),
    ("abcd", pairs_of("c d, a b, b cd, a bcd")),
    ("abcdx", pairs_of("c d, a b, b cd, a bcd")),
    ("zaby", pairs_of("z a, a b, b y")),
    ("yabz", pairs_of("b z, a b, y a")),
    ("abcde", pairs_of("d e, b c, bc de, a b, c d, ab c")),
    ("cabcab", pairs_of("b c, a b, c ab, c a")),
]
HANDOUT = pairs_of("s t, e st, o w, l ow, w est, n e, ne west, w i, wi d, wid est, low e, lowe r")


def check_tokens(name, got):
    """应当是一列 bytes。"""
    expect(isinstance(got, list), f"{name} 应当返回列表，得到 {type(got).__name__}：用 list(…) 包起来")
    for token in got:
        expect(not isinstance(token, int), f"{name} 得到 {got}：{INTEGERS}；这里要的是词元，不是编号")
        expect(not isinstance(token, str), f"{name} 得到 {got}：{STRINGS}")
        zeros = isinstance(token, bytes) and b"\0" in token
        expect(not zeros, f"{name} 里有值是 0 的字节：bytes(65) 是 65 个 0，一个字节写 bytes([65])")
        expect(isinstance(token, bytes), f"{name} 得到 {got}：每个词元是一段 bytes，左右接起来用 +")


def check_words(*cases):
    """比较 encode_word；cases 是 (word, merges)。"""
    results = []
    for word, merges in cases:
        got = call(ex.encode_word, word, list(merges))
        check_tokens(f"encode_word({word!r}, …)", got)
        results.append(((word, merges), got, by_rank(word, merges)))
    for (word, merges), got, want in results:
        if got == want:
            continue
        line = f"{word!r}，merges 是 {rules(merges)}：应当是 {show(want)}，得到 {show(got)}"
        idea = explain(results, WRONG_ENCODINGS)
        same = b"".join(got) == word.encode()
        expect(same or idea, f"{line}。接起来应当恰是 {show(word.encode())}")
        expect(False, f"{line}。{idea or '每一轮找名次最小的一对，从左到右合并它的每一处'}")


def test_encoding_by_hand():
    words = ("lowest", "lower", "newer", "widest", "low", "wester", "stew", "stest", "Low", " low ")
    check_words(*((word, HANDOUT) for word in words), *RANKS)


def test_rank_decides_not_length_and_not_place():
    check_words(*RANKS)


def test_every_place_is_merged():
    merges = pairs_of("a b, ab ab, a a")
    check_words(*((word, merges) for word in ("abab", "ababab", "abxab", "xabababab", "aab")))
    check_words(*(("a" * n, pairs_of("a a, aa a")) for n in range(1, 8)))
    check_words(*(("a" * n, pairs_of("a a, aa aa")) for n in range(1, 10)))


def test_whole_tokens_are_compared():
    check_words(
        ("xabx", pairs_of("x a, a b, b x")), ("xab", pairs_of("x a, a b")), ("xxab", pairs_of("x x, xx a, a b"))
    )
    check_words(("abc", pairs_of("a b, b c, a bc")), ("abcb", pairs_of("b c, a b, c b")))


def test_encoding_where_there_is_nothing():
    check_words(("", HANDOUT), ("low", []), ("q", HANDOUT), ("xyz", HANDOUT), ("你", HANDOUT))


def learned(words, num_merges) -> list:
    """按定义训练：一样多时取较大的。"""
    split, merges = {word: bytes_of(word) for word in words}, []
    while len(merges) < num_merges:
        pairs = [pair for tokens in split.values() for pair in zip(tokens, tokens[1:])]
        if not pairs:
            break
        merges.append(max(set(pairs), key=lambda pair: (pairs.count(pair), pair)))
        split = {word: merged(tokens, merges[-1]) for word, tokens in split.items()}
    return merges


CHINESE = learned(["你好", "你们", "您好", "好的", "🙂", "🙃", "🙂🙂"], 14)


def test_encoding_bytes_of_any_script():
    merges = [(b"\xe4", b"\xbd"), (b"\xe4\xbd", b"\xa0"), (b"\xa0", b"\xe5")]
    check_words(("你", merges), ("你好", merges), ("位", merges), ("é", merges))
    check_words(*((word, CHINESE) for word in ("你好", "您们", "🙂🙃", "🙁", "的好你")))


def test_encoding_random_words():
    source = random.Random(4)
    for alphabet in ("ab", "abc", "lowest", "你好a"):
        for _ in range(6):
            merges = learned({"".join(source.choices(alphabet, k=6)): 0 for _ in range(5)}, 12)
            check_words(*(("".join(source.choices(alphabet, k=source.randrange(1, 10))), merges) for _ in range(12)))


# ---------------------------------------------------------------- 解码


def joined_bytes(ids, vocab):
    return b"".join(vocab[i] for i in ids)


def joined(ids, vocab, errors="replace", encoding="utf-8"):
    return joined_bytes(ids, vocab).decode(encoding, errors)


def by_place(ids, vocab):
    values = list(vocab.values())
    return b"".join(values[i % len(values)] for i in ids).decode("utf-8", "replace")


def replaced_each(ids, vocab):
    return "".join(try_decode(vocab[i], "\ufffd") for i in ids)


def try_decode(data, otherwise):
    try:
        return data.decode()
    except UnicodeDecodeError:
        return otherwise


def as_soon_as_valid(ids, vocab):
    text, held = "", b""
    for i in ids:
        held += vocab[i]
        part = try_decode(held, None)
        text, held = (text, held) if part is None else (text + part, b"")
    return text


def unfinished_lost(ids, vocab):
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    return "".join(decoder.decode(vocab[i]) for i in ids)


WRONG_DECODINGS = [
    ("编号不是字：先用 vocab[i] 换成词元", lambda ids, vocab: "".join(map(chr, ids))),
    ("逐个词元解码了：先接起全部字节，再解码；不合法的只有那几个字节是 �，不是整个词元", replaced_each),
    ("编号的次序反了", lambda ids, vocab: joined(ids[::-1], vocab)),
    ("编号排了序，又去了重：次序就是文字的次序，每一个都要", lambda i, v: joined(sorted(set(i)), v)),
    (
        "有一个字节不合法，全部的文字都成了一个 �：errors 写 replace",
        lambda i, v: try_decode(joined_bytes(i, v), "\ufffd"),
    ),
    ("有一个字节不合法，全部的文字都丢了：errors 写 replace", lambda i, v: try_decode(joined_bytes(i, v), "")),
    ("攒到能解码才交出来，不合法的字节后面就全丢了：先接起全部字节，errors 写 replace", as_soon_as_valid),
    ("末尾没写完的字没有交出来，应当显示成 �", unfinished_lost),
    ("开头的空白丢了：那是原文", lambda ids, vocab: joined(ids, vocab).lstrip()),
    ("末尾的空白丢了：那是原文", lambda ids, vocab: joined(ids, vocab).rstrip()),
    ("字节是 UTF-8 的，不是 GBK", lambda ids, vocab: joined(ids, vocab, encoding="gbk")),
    ("字节是 UTF-8 的，不是 UTF-16", lambda ids, vocab: joined(ids, vocab, encoding="utf-16")),
    ("hex() 印的是字节的样子：用 decode", lambda ids, vocab: joined_bytes(ids, vocab).hex()),
    (
        "逐个词元解码了：一个字的字节可能分在几个词元里，先接起全部字节，再解码",
        lambda ids, vocab: "".join(vocab[i].decode("utf-8", "replace") for i in ids),
    ),
    (
        "逐个词元解码，解不了的扔掉了：先接起全部字节，再解码，不合法的显示成 �",
        lambda ids, vocab: "".join(vocab[i].decode("utf-8", "ignore") for i in ids),
    ),
    ("不合法的字节扔掉了，应当显示成 �：errors 写 replace，不写 ignore", lambda i, v: joined(i, v, "ignore")),
    ("用 \\x.. 写出了不合法的字节，应当显示成 �：errors 写 replace", lambda i, v: joined(i, v, "backslashreplace")),
    ("不合法的字节成了看不见的代理字符，应当显示成 �：errors 写 replace", lambda i, v: joined(i, v, "surrogateescape")),
    ("每个字节当成了一个字（latin-1）：字节是 UTF-8 的", lambda i, v: joined(i, v, encoding="latin-1")),
    ("不是 ASCII 的都丢了：字节是 UTF-8 的", lambda i, v: joined(i, v, encoding="ascii")),
    (
        "词元之间多了空格：空格本来就在词元里",
        lambda ids, vocab: b" ".join(vocab[i] for i in ids).decode("utf-8", "replace"),
    ),
    ("词元之间多了空格，又是逐个解码的", lambda i, v: " ".join(v[k].decode("utf-8", "replace") for k in i)),
    ("两头的空白丢了：那是原文", lambda ids, vocab: joined(ids, vocab).strip()),
    ("str(bytes) 印的是样子，带着 b''：用 decode", lambda ids, vocab: str(b"".join(vocab[i] for i in ids))),
    ("编号不是第几个：用 vocab[i]，不用 list(vocab.values())[i]", by_place),
    ("同样的编号只解了一次：每一个都要", lambda ids, vocab: joined(list(dict.fromkeys(ids)), vocab)),
    ("编号排了序：次序就是文字的次序", lambda ids, vocab: joined(sorted(ids), vocab)),
    ("� 去掉了：它告诉读的人这里有不合法的字节", lambda ids, vocab: joined(ids, vocab).replace("\ufffd", "")),
    ('� 换成了 ?：用 errors="replace"', lambda ids, vocab: joined(ids, vocab).replace("\ufffd", "?")),
]


def check_decode(*cases):
    """比较 decode；cases 是一列词元，编号打乱着给。"""
    results = []
    for tokens in cases:
        different = list(dict.fromkeys(tokens))
        ids = random.Random(len(tokens)).sample(range(3, 3 + 2 * len(different)), len(different))
        vocab = dict(zip(ids, different))
        given = ([next(i for i in ids if vocab[i] == token) for token in tokens], vocab)
        got = call(ex.decode, *given)
        expect(not isinstance(got, bytes), f'decode 返回的是 bytes：{got!r}，还要 .decode("utf-8", errors=…)')
        expect(isinstance(got, str), f'decode 应当返回 str，得到 {type(got).__name__}：用 "".join 或者先接 bytes')
        results.append((given, got, joined(*given)))
    for (given, got, want), tokens in zip(results, cases):
        line = f"词元 {show(tokens)}：应当是 {want!r}，得到 {got!r}"
        expect(got == want, f"{line}。{explain(results, WRONG_DECODINGS) or '先接起全部字节，再解码'}")


def test_decoding_by_hand():
    check_decode([b"low", b"est"], [b"\xe4", b"\xbd\xa0"], [b"\xe4\xbd", b"\xa0", b" low", b"\xe4\xbd", b"\xa0"], [])


def test_characters_cut_between_tokens():
    check_decode([bytes([byte]) for byte in "🙂你é!".encode()])
    check_decode([b" \xf0\x9f", b"\x99\x82 \xe5\xa5", b"\xbd\n"], [b"a", b"a", b" ", b"a"], [b" ", b"a", b"  "])


def test_invalid_bytes_become_the_replacement_character():
    check_decode([b"\xe4\xbd", b"\xa0"], [b"a", b"\xff", b"b"], [b"\xe4\xbd"], [b"\x80", b"\x80"])
    check_decode([b"\xe4", b"low"], [b"\xf0\x9f\x99", b"\xe4"], [b"\xa0", b"\xe4\xbd"], [b"\xc3", b"\xa9", b"\xc3"])


def test_encoding_and_decoding_is_a_round_trip():
    merges = [*CHINESE, *HANDOUT]
    for text in ("lowest 你好", "  🙂🙃!\n", "a\r\n\tÉté  —— 您们 100% _x", "👨‍👩‍👧 e\u0301", ""):
        words = [call(ex.encode_word, word, list(merges)) for word in WORD.findall(text)]
        tokens = [token for word in words for token in word]
        vocab = dict(enumerate(dict.fromkeys(tokens)))
        numbers = {token: i for i, token in vocab.items()}
        got = call(ex.decode, [numbers[token] for token in tokens], vocab)
        expect(got == text, f"{text!r} 编码再解码得到 {got!r}：词元接起来应当恰是原文的字节，一个也不能少")


# ---------------------------------------------------------------- 一块一块地编码

WORD = re.compile(r" ?[^\W\d_]+| ?\d+| ?(?:[^\s\w]|_)+|\s+(?!\S)|\s+")
CAPITALS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"  # 26 个字母并成一个词元：在哪里切断都看得出
STREAM = pairs_of("l o, lo w, ␣ low, e r, s t, e st, low !, 1 2, ␣ ␣, ! !")
STREAM += [(CAPITALS[:i].encode(), CAPITALS[i].encode()) for i in range(1, 26)]


@functools.cache
def encode(word) -> list:
    return by_rank(word, STREAM)


def whole(chunks):
    return [token for word in WORD.findall("".join(chunks)) for token in encode(word)]


def each_alone(chunks):
    return [token for chunk in chunks for token in whole([chunk])]


def held_back(chunks, flush=True, keep=lambda words: words.pop(), repeat=False):
    """留下块里的最后一个词，与下一块接起来；几种写错的样子。"""
    held, tokens = "", []
    for chunk in chunks:
        words = WORD.findall(held + chunk)
        emit = list(words)
        held = keep(words) if words else ""
        tokens += [t for word in (emit if repeat else words) for t in encode(word)]
    return tokens + (whole([held]) if flush else [])


def at_spaces(chunks):
    return [t for i, part in enumerate("".join(chunks).split(" ")) for t in encode(" " * (i > 0) + part)]


def hold_unless(finished):
    """留下块里的最后一个词，除非 finished 以为它写完了。"""
    return lambda words: "" if finished(words[-1]) else words.pop()


def cut_at_last_space(chunks, extra):
    """留下最后一个空格起（extra=0）或之后（extra=1）的文字。"""
    held, tokens = "", []
    for chunk in chunks:
        held += chunk
        cut = held.rfind(" ") + extra
        if cut > 0:
            tokens, held = tokens + whole([held[:cut]]), held[cut:]
    return tokens + whole([held])


def last_token_held(chunks):
    held, tokens = "", []
    for chunk in chunks:
        new = whole([held + chunk])
        held = new.pop().decode("utf-8", "replace") if new else ""
        tokens += new
    return tokens + whole([held])


def tokens_glued(chunks):
    held, tokens = b"", []
    for chunk in chunks:
        new = whole([chunk])
        if new:
            new[0] = held + new[0]
            held = new.pop()
        tokens += new
    return tokens + ([held] if held else [])


def too_long_flushed(size):
    return lambda chunks: held_back(chunks, keep=hold_unless(lambda word: len(word) > size))


def before_empty(chunks):
    end = chunks.index("") if "" in chunks else len(chunks)
    return whole(chunks[:end])


def at_empty(chunks):
    """空的块当成一段的结尾。"""
    parts = [[]]
    for chunk in chunks:
        parts.append([]) if not chunk else parts[-1].append(chunk)
    return [token for part in parts for token in whole(part)]


def glued_to_the_first(chunks):
    """每一块先切，再把留下的接在第一个词上。"""
    held, words = "", []
    for chunk in chunks:
        new = WORD.findall(chunk)
        if new:
            new[0] = held + new[0]
            held = new.pop()
        words += new
    return [token for word in [*words, held] for token in encode(word)]


def glued_twice(chunks):
    """held += 最后一个词：held 本来就在那个词里。"""
    held, tokens = "", []
    for chunk in chunks:
        words = WORD.findall(held + chunk)
        tokens += [t for word in words[:-1] for t in encode(word)]
        held += words[-1] if words else ""
    return tokens + encode(held)


def lost_at_empty(chunks):
    held, tokens = "", []
    for chunk in chunks:
        words = WORD.findall(held + chunk) if chunk else []
        held = words.pop() if words else ""
        tokens += [t for word in words for t in encode(word)]
    return tokens + whole([held])


WRONG_STREAMS = [
    ("每一块各自编码了：块的边上一个词可能只来了一半，留下最后一个词，与下一块接起来（held + chunk）再切", each_alone),
    ("最后留下的那个词没有交出来：块都到齐之后，还要编码它", lambda c: held_back(c, flush=False)),
    ("留下的词交了两次：留下就先不交", lambda c: held_back(c, repeat=True)),
    ("块与块之间多了东西：块是随意切开的，直接接起来", lambda c: whole([" ".join(c)])),
    ("块与块之间多了东西：块是随意切开的，直接接起来", lambda c: whole(["\n".join(c)])),
    ("没有切成词，也没有合并：先 WORD.findall，再 encode_word", lambda c: ["".join(c).encode()]),
    ("留下的词接在了切好的第一个词上：先接起来（held + chunk），再切", glued_to_the_first),
    ("没有切成词，整段当成一个词编码了：先 WORD.findall", lambda c: encode("".join(c))),
    ("每一块当成了一个词：先接起来，再 WORD.findall", lambda c: [t for chunk in c for t in encode(chunk)]),
    (
        "块以空白结尾就全部交出去了：后面还可能有空白，最后一个词一律留下",
        lambda c: held_back(c, keep=hold_unless(str.isspace)),
    ),
    (
        "以为词写完了：标点、数字、空白后面也可能接着来，最后一个词一律留下",
        lambda c: held_back(c, keep=hold_unless(lambda word: not word[-1].isalpha())),
    ),
    ("空格丢了：用 WORD.findall，不用 split", lambda c: [t for p in "".join(c).split() for t in encode(p)]),
    ("空格归后面的词，在它前面切：在它后面切，空格就单独成了词", lambda c: cut_at_last_space(c, 1)),
    (
        "最后一个空格前面也可能是没写完的一串空白：用 WORD.findall，留下最后一个词",
        lambda c: cut_at_last_space(c, 0),
    ),
    ("留下的是最后一个词元：接着来的文字会改变整个词的切法，要留下最后一个词", last_token_held),
    ("留下的是词元，接起来就没有再合并：要留下文字，接起来再切、再编码", tokens_glued),
    ("交出的是词，不是词元：每个词要 encode_word", lambda c: [word.encode() for word in WORD.findall("".join(c))]),
    (
        "只编码了第一个词：return 写在了循环里？",
        lambda c: [t for w in WORD.findall("".join(c))[:1] for t in encode(w)],
    ),
    ("只按空格切了词：用 WORD.findall，标点、数字、换行也是边界", at_spaces),
    ("空的块不是结尾：后面还可能有", before_empty),
    ("空的块不是结尾：不要在那里把留下的词交出去", at_empty),
    ("来了一个空的块，留下的词就丢了", lost_at_empty),
    ("留下的词接了两遍：它已经在最后一个词里，写 held = words[-1]，不写 +=", glued_twice),
    *(("长的词等不及，先交出去了：一个词多长都要等它写完", too_long_flushed(size)) for size in range(2, 26)),
    ("只编码了第一块", lambda c: whole(c[:1])),
    ("只编码了最后一块", lambda c: whole(c[-1:])),
    ("每一块两头的空白丢了：那是原文", lambda c: whole([chunk.strip() for chunk in c])),
    ("词元没有合并：每个词要 encode_word", lambda c: bytes_of("".join(c))),
]


def check_stream(*cases):
    """比较 encode_stream；cases 是一列块。"""
    results = []
    for chunks in cases:
        got = call(ex.encode_stream, list(chunks), list(STREAM), use=list)
        lists = "交出的是一个一个的列表：要一个一个的词元，写 yield from，不写 yield"
        expect(not any(isinstance(token, list) for token in got), f"块 {chunks}：{lists}")
        check_tokens(f"encode_stream({chunks}, …)", got)
        results.append(((chunks,), got, whole(chunks)))
    for (chunks,), got, want in results:
        line = f"块 {chunks}：应当是 {show(want)}，得到 {show(got)}"
        again = got != want and got[-len(want) or len(got) :] == want
        expect(not again, f"{line}。开头多了上一次调用留下的词：held 要在函数里面从空的开始")
        rule = "最后一个词后面还可能接着来，别的都定下来了"
        expect(got == want, f"{line}。{explain(results, WRONG_STREAMS) or rule}")


def test_streaming_by_hand():
    by_hand = (
        ["lo", "w lo", "w"],
        ["lowest lower"],
        ["lowest", " lower"],
        ["low ", "low"],
        ["low!", "!1", "2"],
        ["low  1"],
        [],
    )
    check_stream(*by_hand, ["low ", " low"], ["low low ", "\nlow low", "est"])


def test_every_cut_gives_the_same_tokens():
    for text in ("low lower", "lowest  low!!12", "1 \n\nlow\t12 你🙂"):
        check_stream(*([text[:i], text[i:]] for i in range(len(text) + 1)))
        check_stream(list(text), *([text[:i], text[i : i + 1], text[i + 1 :]] for i in range(len(text))))


def test_empty_chunks_and_long_words():
    check_stream(["", "low", "", "", " lo", "", "w", ""], [""], ["", ""])
    check_stream(list(CAPITALS), list("low" * 5), ["!"] * 15, [" "] * 9, ["lo", "w", "", "low"])
    check_stream(["l", "o", "w", "e", "s", "t"], [" ", " ", " ", "low"], ["low", " ", " ", "\n", "low"], ["\n", " low"])


def test_streaming_random_chunks():
    source = random.Random(4)
    alphabet = ("low", " low", "er", "est", " ", "  ", "\n", "1", "2", "!", "你", "")
    check_stream(*(source.choices(alphabet, k=source.randrange(8)) for _ in range(60)))


def test_streams_do_not_wait_for_the_end():
    taken = []

    def endless():
        for i in range(500):
            taken.append(i)
            yield "low lower "

    def first(stream):
        return next(iter(stream))

    got = call(ex.encode_stream, endless(), list(STREAM), use=first)
    waits = f"交出第一个词元之前读了 {len(taken)} 块：文件可以比内存大，能定下来的词就先交出去（yield）"
    expect(len(taken) < 10, waits)
    expect(got == b"low", f"第一个词元应当是 low，得到 {show(got)}")
    one = call(ex.encode_stream, iter(["low lo"]), list(STREAM), use=first)
    expect(one == b"low", f"第二次调用，第一个词元应当是 low，得到 {show(one)}：上一次留下的词不要留到这一次")
    check_stream(["low"], ["low"])
